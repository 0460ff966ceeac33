package org.sluice.model;

/**
 * What a model's graph should contain beside the logits.
 *
 * @param trace whether what happens inside comes out too: {@code hidden.i} (residual stream after layer i), {@code
 *     selected.i} (an indexer's choice), {@code experts.i}, {@code expert_weights.i} and {@code final} (after the last norm)
 */
public record GraphOptions(boolean trace) {
    /** Logits only. */
    public static final GraphOptions DEFAULT = new GraphOptions(false);
}
