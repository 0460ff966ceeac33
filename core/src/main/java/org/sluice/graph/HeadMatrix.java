package org.sluice.graph;

import org.sluice.tensor.Weight;

/**
 * One small matrix per attention head inside a larger weight: head {@code h} owns rows {@code h·headStride + firstRow …} of
 * a matrix {@code [heads·headStride, columns]}, or slice {@code h} of a bank {@code [heads, rows, columns]}.
 *
 * <p>Checkpoints keep the up-projection of the latent as one matrix of key rows and value rows per head; GGUF files split
 * it and transpose the key half. Both are described here, neither is copied.
 *
 * @param weight the matrix or bank
 * @param heads number of heads
 * @param headStride rows from one head to the next (0 for a bank)
 * @param firstRow first row of a head's matrix, counted from the head's start
 * @param rows rows of a head's matrix
 * @param transposed whether a head computes {@code y = Wᵀ x} (x has {@code rows} elements) instead of {@code y = W x}
 */
public record HeadMatrix(Weight weight, int heads, int headStride, int firstRow, int rows, boolean transposed) {
    /** Checks that every head's rows lie inside the weight. */
    public HeadMatrix {
        boolean fits = weight.shape().rank() == 3
                ? weight.slices().size() == heads && firstRow == 0 && rows == weight.rows()
                : weight.shape().rank() == 2
                        && firstRow >= 0
                        && firstRow + rows <= headStride
                        && weight.rows() == (long) heads * headStride;
        if (!fits) {
            throw new IllegalArgumentException(weight + " does not hold " + heads + " heads of " + rows + " rows at "
                    + firstRow + " of " + headStride);
        }
    }

    /** Elements of a head's input. */
    public int inputWidth() {
        return transposed ? rows : Math.toIntExact(weight.columns());
    }

    /** Elements of a head's result. */
    public int outputWidth() {
        return transposed ? Math.toIntExact(weight.columns()) : rows;
    }

    /** Slice of the weight that holds head {@code h}. */
    public int slice(int h) {
        return weight.shape().rank() == 3 ? h : 0;
    }

    /** Row of that slice where head {@code h} starts. */
    public long startRow(int h) {
        return weight.shape().rank() == 3 ? 0 : (long) h * headStride + firstRow;
    }
}
