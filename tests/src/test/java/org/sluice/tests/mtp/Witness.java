package org.sluice.tests.mtp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.DraftPicker;
import org.sluice.decode.Drafter;
import org.sluice.decode.MtpDrafter;

/**
 * Writes down what trunk and draft layer give: hidden states by position and the drafts' logits by the number of tokens before
 * them. Spoils some drafts afterwards, so that rounds of every length occur.
 */
final class Witness implements Drafter {
    final Map<Integer, float[]> hidden = new HashMap<>();
    final Map<Integer, List<float[]>> predictions = new HashMap<>();
    private final MtpDrafter inner;
    private final int width;
    private final double wrong;
    private final SplittableRandom random = new SplittableRandom(17);

    Witness(MtpDrafter inner, int width, double wrong) {
        this.inner = inner;
        this.width = width;
        this.wrong = wrong;
    }

    @Override
    public boolean wantsHidden() {
        return true;
    }

    @Override
    public int keep(int same) {
        return inner.keep(same);
    }

    @Override
    public void observe(int[] tokens, int known, int from, int to, MemorySegment states, boolean asked) {
        for (int p = from; p < to; p++) {
            hidden.put(p, states.asSlice(4L * width * (p - from), 4L * width).toArray(ValueLayout.JAVA_FLOAT));
        }
        inner.observe(tokens, known, from, to, states, asked);
    }

    @Override
    public int propose(int[] tokens, int known, int most, @Nullable DraftPicker picker, int[] drafts) {
        List<float[]> chain = new ArrayList<>();
        int n = inner.propose(
                tokens,
                known,
                most,
                (i, logits) -> {
                    float[] all = logits.toArray(ValueLayout.JAVA_FLOAT);
                    chain.add(all);
                    int best = 0;
                    for (int t = 1; t < all.length; t++) {
                        best = all[t] > all[best] ? t : best;
                    }
                    return best;
                },
                drafts);
        predictions.put(known, chain);
        for (int i = 0; i < n; i++) {
            if (random.nextDouble() < wrong) {
                drafts[i] ^= 1;
            }
        }
        return n;
    }

    @Override
    public void close() {
        inner.close();
    }
}
