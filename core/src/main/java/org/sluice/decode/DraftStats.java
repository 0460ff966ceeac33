package org.sluice.decode;

import java.util.Arrays;

/**
 * How drafting went.
 *
 * @param rounds steps after the first token
 * @param proposed drafts made, by position
 * @param accepted drafts that were right, by position
 * @param nanos time spent on making drafts
 */
public record DraftStats(int rounds, int[] proposed, int[] accepted, long nanos) {
    /** Tokens each step gave, the extra one included; 0 without steps. */
    public double tokensPerRound() {
        return rounds == 0 ? 0 : 1 + (double) Arrays.stream(accepted).sum() / rounds;
    }
}
