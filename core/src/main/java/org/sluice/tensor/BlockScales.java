package org.sluice.tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Scales that stand beside a matrix in a tensor of their own: element {@code [r, c]} of slice {@code s} is multiplied by
 * {@code scale[s][r / blockRows][c / blockColumns]}. Blocks at the lower and right edge may be ragged.
 *
 * <p>FP8 checkpoints use 128×128 blocks ({@code weight_scale_inv}); one scale for a whole matrix is a block as large as
 * the matrix.
 *
 * @param blockRows rows a scale covers
 * @param blockColumns columns a scale covers
 * @param slices for each slice of the weight F32 scales {@code [ceil(rows/blockRows), ceil(columns/blockColumns)]}, little
 *     endian, not necessarily aligned
 */
public record BlockScales(int blockRows, int blockColumns, List<MemorySegment> slices) {
    /** Copies the list. */
    public BlockScales {
        slices = List.copyOf(slices);
    }

    /** Scales in one row of blocks of a matrix with {@code columns} columns. */
    public long columnBlocks(long columns) {
        return Math.ceilDiv(columns, (long) blockColumns);
    }
}
