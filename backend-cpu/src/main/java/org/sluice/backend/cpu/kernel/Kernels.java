package org.sluice.backend.cpu.kernel;

import org.sluice.backend.cpu.runtime.CacheRows;
import org.sluice.graph.State;
import org.sluice.tensor.Weight;

/**
 * A set of primitive kernels over raw memory. All numbers are F32 unless said otherwise; every result is summed in a fixed
 * order. Stateless and safe for use by several threads.
 */
public interface Kernels {
    /** {@code vector} or {@code native}. */
    String name();

    /** Binds a matrix or a bank. */
    MatrixKernel matrix(Weight weight);

    /** {@code y = x / sqrt(mean(x²) + epsilon) · w} over {@code n} elements. */
    void rmsNorm(long x, long w, int n, float epsilon, long y);

    /** {@code y = (x − mean) / sqrt(variance + epsilon) · w + b}. */
    void layerNorm(long x, long w, long b, int n, float epsilon, long y);

    /** {@code y = a + b}. */
    void add(long a, long b, long n, long y);

    /** {@code y = gate · sigmoid(gate) · up}. */
    void swiGlu(long gate, long up, long n, long y);

    /** {@code y += scale · x}. */
    void addScaled(long x, float scale, long n, long y);

    /** Index of the largest of {@code n} elements; the smallest index among equals. */
    int argMax(long x, int n);

    /**
     * Attention of some heads of one row over a latent cache.
     *
     * @param queryLatent first head's absorbed query
     * @param queryLatentStride bytes from head to head
     * @param queryRope first head's rotated part
     * @param queryRopeStride bytes from head to head
     * @param heads number of heads
     * @param latent elements of a latent
     * @param rope elements of a rotated part
     * @param pages page table: an address per page
     * @param pageShift log2 of the tokens in a page
     * @param stateOffset offset of the cache in a page
     * @param rowBytes bytes of a cached row (F32 latent, then F32 rotated part)
     * @param selection I32 positions, or 0 for positions 0 to count−1
     * @param count positions to attend to, at least 1
     * @param scale factor on the scores
     * @param y first head's result, {@code latent} elements
     * @param yStride bytes from head to head
     * @param scratch {@link #attendScratch} bytes
     */
    void attend(
            long queryLatent,
            long queryLatentStride,
            long queryRope,
            long queryRopeStride,
            int heads,
            int latent,
            int rope,
            long pages,
            int pageShift,
            long stateOffset,
            int rowBytes,
            long selection,
            int count,
            float scale,
            long y,
            long yStride,
            long scratch);

    /** Scratch bytes of {@link #attend}. */
    long attendScratch(int heads, int latent, int rope, int count);

    /**
     * Indexer scores of one row for positions {@code begin} to {@code end−1}.
     *
     * @param query {@code [heads, width]}
     * @param weights {@code [heads]}
     * @param y scores; element {@code s − begin} is that of position s
     * @param scratch {@link #indexScratch} bytes
     */
    void indexScores(
            long query,
            long weights,
            int heads,
            int width,
            long pages,
            int pageShift,
            long stateOffset,
            int rowBytes,
            int begin,
            int end,
            float scale,
            long y,
            long scratch);

    /** Scratch bytes of {@link #indexScores}. */
    long indexScratch();

    /**
     * Positions of the {@code k} largest of {@code n > k} scores, ascending; the smaller position among equals.
     *
     * @param out I32, k elements
     * @param scratch {@link #selectScratch} bytes
     */
    void selectTopK(long scores, int n, int k, long out, long scratch);

    /** Scratch bytes of {@link #selectTopK}. */
    long selectScratch(int n);

    /** Reads a row of a cache into F32 numbers, as {@link CacheRows#decode} does. */
    default void decodeRow(State state, long from, long to) {
        CacheRows.decode(state, from, to);
    }
}
