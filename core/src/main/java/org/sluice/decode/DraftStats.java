package org.sluice.decode;

import java.util.Arrays;

/**
 * How drafting went.
 *
 * @param tokens tokens that each verification round gave: its drafts that were right and one more, as far as the answer went.
 *     The first token of an answer comes from the prefill and is in none.
 * @param proposed drafts made, by position
 * @param accepted drafts that were right, by position
 * @param nanos time spent on making drafts, the upkeep of the drafter's caches included
 */
public record DraftStats(int[] tokens, int[] proposed, int[] accepted, long nanos) {
    /** Verification rounds: steps after the prefill. */
    public int rounds() {
        return tokens.length;
    }

    /** Mean of {@link #tokens}, also called acceptance length; 0 without rounds. */
    public double tokensPerRound() {
        return tokens.length == 0 ? 0 : (double) Arrays.stream(tokens).sum() / tokens.length;
    }

    /** Share of the drafts at a position, 0 for the first, that were right; 0 where none was made. */
    public double acceptance(int position) {
        return proposed[position] == 0 ? 0 : (double) accepted[position] / proposed[position];
    }
}
