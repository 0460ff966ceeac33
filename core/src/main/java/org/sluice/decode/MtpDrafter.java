package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;
import org.sluice.error.MemoryLimitException;

/**
 * Drafts with the model's own prediction layer (GLM spec 3.2): its caches follow the trunk's through rows whose next token is
 * certain; guesses leave nothing behind.
 */
public final class MtpDrafter implements Drafter {
    private final MtpRunner.Drafting drafting;

    /** A drafter for one session. */
    public MtpDrafter(MtpRunner runner) {
        drafting = runner.new Drafting();
    }

    @Override
    public boolean wantsHidden() {
        return true;
    }

    @Override
    public int keep(int same) {
        // the last common row was observed with whatever token stood behind it
        return Math.max(0, Math.min(same - 1, drafting.sequence.length()));
    }

    @Override
    public void observe(int[] tokens, int known, int from, int to, MemorySegment hidden, boolean asked) {
        drafting.forget();
        if (from > drafting.sequence.length()) {
            // rows before these are missing: they were computed while nobody watched. The next prompt fills the gap
            // (keep)
            return;
        }
        drafting.sequence.truncate(from);
        int end = Math.min(to, known - 1);
        if (end > from) {
            try {
                drafting.append(tokens, from, end, hidden, asked && end == known - 1);
            } catch (MemoryLimitException e) {
                // without drafts the answer is the same
                drafting.sequence.truncate(from);
            }
        }
    }

    @Override
    public int propose(int[] tokens, int known, int most, @Nullable DraftPicker picker, int[] drafts) {
        if (most < 1 || !drafting.ready() || drafting.sequence.length() != known - 1) {
            return 0;
        }
        return drafting.guess(most, picker, drafts);
    }

    @Override
    public Sequence fork() {
        return drafting.sequence.fork(drafting.sequence.length());
    }

    @Override
    public void adopt(@Nullable Sequence caches) {
        drafting.forget();
        if (caches == null) {
            drafting.sequence.truncate(0);
        } else {
            drafting.sequence.close();
            drafting.sequence = caches;
        }
    }

    @Override
    public void close() {
        drafting.sequence.close();
    }
}
