package org.sluice.backend.support.kernels;

import org.sluice.tensor.Shape;

/**
 * How work is cut into groups: on a processor a few for each core, on a GPU enough to fill it twice.
 *
 * @param most groups that are of use
 * @param teams dot products a group works on at a time
 * @param group work items in a group
 * @param tile token rows that share what a group reads of a matrix; {@code TILE} in tile.h
 */
public record Grids(int most, int teams, int group, int tile) {
    private static final int GPU_TILE = 4;

    /** Work in a group that is not worth to be divided. */
    private static final int LEAST_ROWS = 8;

    /** Of a GPU. */
    public Grids(int most, int teams, int group) {
        this(most, teams, group, GPU_TILE);
    }

    /** Groups for the rows of a matrix. */
    Axis matrixRows(int rows) {
        int useful = Math.ceilDiv(rows, Math.max(teams, teams == 1 ? LEAST_ROWS : 1));
        return Axis.of(Math.clamp(useful, 1, most));
    }

    /** Groups for heads that each have {@code work} results or pieces. */
    Axis headPieces(int heads, int work) {
        int pieces = Math.clamp(Math.ceilDiv(most, heads), 1, Math.ceilDiv(work, Math.max(teams, 4)));
        return Axis.of((long) heads * pieces);
    }

    /** Groups for positions of the context: pages on a processor, one position a work item on a GPU. */
    Axis positions() {
        return new Axis(Shape.CONTEXT, 1, Math.max(64, group));
    }
}
