package org.sluice.model;

import java.util.List;
import java.util.Map;

/**
 * A model in numbers.
 *
 * @param architecture name of the family in the files
 * @param layers the trunk, in order
 * @param totalParameters elements of all weights that a graph uses
 * @param activeParameters those that take part in one token: chosen experts only, without the embedding table
 * @param bytes bytes by class: {@code embedding}, {@code attention}, {@code indexer}, {@code experts}, …
 * @param types bytes by element type
 */
public record ModelSummary(
        String architecture,
        List<Layer> layers,
        long totalParameters,
        long activeParameters,
        Map<String, Long> bytes,
        Map<String, Long> types) {
    /** Copies the list. */
    public ModelSummary {
        layers = List.copyOf(layers);
    }

    /** What a layer is made of. */
    public record Layer(IndexerKind indexer, boolean dense) {}

    /** Where a layer's selection comes from. */
    public enum IndexerKind {
        /** The layer attends to its whole context. */
        NONE,
        /** The layer chooses for itself. */
        FULL,
        /** The layer uses the choice of the nearest full layer before it. */
        SHARED
    }
}
