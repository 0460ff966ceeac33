package org.sluice.decode;

import java.lang.foreign.MemorySegment;

/**
 * Drafts with the model's own prediction layer (GLM spec 3.2): its caches follow the trunk's through rows whose next token is
 * certain; guesses beyond the first reuse the newest row's selection and leave nothing behind.
 */
public final class MtpDrafter implements Drafter {
    private final MtpRunner.Drafting drafting;

    /** @param vocabulary only tokens below it are guessed */
    public MtpDrafter(MtpRunner runner, int vocabulary) {
        drafting = runner.new Drafting();
        drafting.limit(vocabulary);
    }

    @Override
    public boolean wantsHidden() {
        return true;
    }

    @Override
    public void observe(int[] tokens, int known, int from, int to, MemorySegment hidden) {
        drafting.forget();
        int held = drafting.sequence.length();
        if (from > held) {
            // rows are missing, whose hidden states are gone; the layer stays silent until the trunk computes them
            // again
            return;
        }
        drafting.sequence.truncate(from);
        int end = Math.min(to, known - 1);
        if (end > from) {
            drafting.append(tokens, from, end, hidden, 0);
        }
    }

    @Override
    public int propose(int[] tokens, int known, int most, int[] drafts) {
        if (most < 1 || drafting.draft() < 0 || drafting.sequence.length() != known - 1) {
            return 0;
        }
        drafts[0] = drafting.draft();
        for (int i = 1; i < most; i++) {
            drafts[i] = drafting.next(known - 2 + i);
        }
        return most;
    }

    @Override
    public void close() {
        drafting.sequence.close();
    }
}
