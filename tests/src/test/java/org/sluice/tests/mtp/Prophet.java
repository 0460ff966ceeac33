package org.sluice.tests.mtp;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.DraftPicker;
import org.sluice.decode.Drafter;

/** Knows the answer, and now and then says something wrong on purpose: every kind of round occurs. */
final class Prophet implements Drafter {
    private final int[] prompt;
    private final int[] answer;
    private final double wrong;
    private final SplittableRandom random;

    Prophet(int[] prompt, int[] answer, double wrong, long seed) {
        this.prompt = prompt;
        this.answer = answer;
        this.wrong = wrong;
        random = new SplittableRandom(seed);
    }

    @Override
    public boolean wantsHidden() {
        return false;
    }

    @Override
    public int keep(int same) {
        return same;
    }

    @Override
    public void observe(int[] tokens, int known, int from, int to, MemorySegment hidden, boolean asked) {}

    @Override
    public int propose(int[] tokens, int known, int most, @Nullable DraftPicker picker, int[] drafts) {
        int at = known - prompt.length;
        int n = Math.min(most, answer.length - at);
        for (int i = 0; i < n; i++) {
            drafts[i] = random.nextDouble() < wrong ? answer[at + i] ^ 1 : answer[at + i];
        }
        return Math.max(0, n);
    }

    @Override
    public void close() {}
}
