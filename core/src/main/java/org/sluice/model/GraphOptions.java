package org.sluice.model;

import org.sluice.graph.CacheType;

/**
 * What a model's graph should contain beside the logits.
 *
 * @param trace whether what happens inside comes out too: {@code hidden.i} (residual stream after layer i), {@code
 *     selected.i} (an indexer's choice), {@code experts.i}, {@code expert_weights.i} and {@code final} (after the last norm)
 * @param scores whether an indexer's scores come out as {@code scores.i}, F32 {@code [rows, context]}
 * @param givenSelections whether attention uses selections that the caller gives as inputs {@code given.i}, I32 {@code [rows,
 *     topk]}, instead of the indexers' choices, which are still made and can be looked at
 * @param hidden whether what a draft model continues from comes out as {@link LanguageModel#HIDDEN}, F32 {@code [rows,
 *     hidden]}
 * @param picks whether the likeliest token of each wanted row comes out as {@link LanguageModel#PICKED} in place of the
 *     logits, so that a device hands over nothing but tokens
 * @param caches how the layers' caches are kept
 */
public record GraphOptions(
        boolean trace, boolean scores, boolean givenSelections, boolean hidden, boolean picks, CacheType caches) {
    /** Logits only. */
    public static final GraphOptions DEFAULT = new GraphOptions(false, false, false, false, false, CacheType.F32);

    /** Logits, and what a draft model continues from. */
    public static final GraphOptions WITH_HIDDEN = new GraphOptions(false, false, false, true, false, CacheType.F32);

    /** Options without {@link #hidden()}. */
    public GraphOptions(boolean trace, boolean scores, boolean givenSelections) {
        this(trace, scores, givenSelections, false, false, CacheType.F32);
    }

    /** These options with caches of another type. */
    public GraphOptions withCaches(CacheType type) {
        return new GraphOptions(trace, scores, givenSelections, hidden, picks, type);
    }

    /** These options with {@link #picks()}. */
    public GraphOptions withPicks() {
        return new GraphOptions(trace, scores, givenSelections, hidden, true, caches);
    }
}
