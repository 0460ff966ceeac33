package org.sluice.backend.cpu.kernel;

/**
 * Products with one weight, a matrix or a bank of matrices {@code [out, in]}.
 *
 * <p>Every product is summed in one order that depends on the weight's type and width alone: not on how many rows are
 * multiplied at once, on the range of outputs, or on the thread.
 */
public interface MatrixKernel {
    /** Bytes of a row of activations in the form {@link #multiply} reads, or 0 where it reads F32 rows as they are. */
    default int preparedRowBytes() {
        return 0;
    }

    /**
     * Brings F32 rows into the form {@link #multiply} reads. Rows come out {@link #preparedRowBytes()} apart.
     *
     * @param x first row
     * @param xStride bytes from row to row
     */
    default void prepare(long x, long xStride, int rows, long prepared) {
        throw new UnsupportedOperationException();
    }

    /**
     * {@code y[r][o − begin] = Σ_k W[o][k] · x[r][k]} for {@code begin ≤ o < end}.
     *
     * @param slice matrix of the bank, 0 for a matrix
     * @param x first row of activations
     * @param xStride bytes from row to row
     * @param y F32 results
     * @param yStride bytes from row to row
     * @param scratch {@link #scratchBytes()} bytes of the calling thread
     */
    void multiply(int slice, long x, long xStride, int rows, long y, long yStride, long begin, long end, long scratch);

    /**
     * {@code y[r][c] = Σ_o W[begin + o][c] · x[r][o]} for {@code o < count}, over F32 activations.
     *
     * @param x first row of {@code count} activations
     */
    void multiplyTransposed(
            int slice, long x, long xStride, int rows, long y, long yStride, long begin, int count, long scratch);

    /** Scratch bytes a call needs. */
    long scratchBytes();

    /** Outputs that are best done together with these many rows: ranges should start and end at multiples of it. */
    default int grain(int rows) {
        return 16;
    }
}
