package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Drafts by repetition: finds the newest earlier place where the last tokens stood and guesses that what followed follows
 * again (prompt lookup decoding). Needs no model.
 */
public final class LookupDrafter implements Drafter {
    private static final int LONGEST_MATCH = 4;
    private static final int SHORTEST_MATCH = 2;
    /** Tokens looked back over: keeps a proposal cheap in a long context. */
    private static final int WINDOW = 16_384;

    /** A drafter. */
    public LookupDrafter() {}

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
        for (int n = LONGEST_MATCH; n >= SHORTEST_MATCH; n--) {
            for (int at = known - n - 1; at >= Math.max(0, known - WINDOW); at--) {
                if (matches(tokens, at, known - n, n)) {
                    int count = Math.min(most, known - at - n);
                    System.arraycopy(tokens, at + n, drafts, 0, count);
                    return count;
                }
            }
        }
        return 0;
    }

    private static boolean matches(int[] tokens, int a, int b, int n) {
        for (int i = 0; i < n; i++) {
            if (tokens[a + i] != tokens[b + i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {}
}
