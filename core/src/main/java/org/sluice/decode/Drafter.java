package org.sluice.decode;

import java.lang.foreign.MemorySegment;

/**
 * Guesses what comes next so that one step can check several tokens. Belongs to one session and is used by one thread at a
 * time.
 */
public interface Drafter extends AutoCloseable {
    /** Whether {@link #observe} needs the trunk's hidden states. */
    boolean wantsHidden();

    /**
     * The trunk has computed rows {@code from} to {@code to−1} of {@code tokens}; rows from {@code from} on that were observed
     * before are void.
     *
     * @param known tokens that are certain, the newest included; at least {@code to}, usually {@code to + 1}
     * @param hidden hidden states of those rows, F32, unless {@link #wantsHidden} is false
     */
    void observe(int[] tokens, int known, int from, int to, MemorySegment hidden);

    /**
     * Guesses the tokens behind the first {@code known}.
     *
     * @param most how many at most
     * @param drafts receives them
     * @return how many there are
     */
    int propose(int[] tokens, int known, int most, int[] drafts);

    @Override
    void close();
}
