package org.sluice.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Dot products of BF16 weight rows with F32 rows. Every product has one accumulator and runs through its elements in
 * order, so all tile sizes give the same bits; tiles only keep more products in flight.
 *
 * <p>Tiles take whole vectors only. Masked tails and more accumulators would push a tile over what the compiler inlines, and
 * then every vector becomes an object.
 */
final class Bf16Dots {
    /** Outputs of {@link #dots}. */
    static final int OUTPUTS = 4;

    private static final int STEP = 2 * V.LANES;

    private Bf16Dots() {}

    /** One output, one row, any length. */
    static float dot(long w, long x, int n) {
        FloatVector a = V.zero();
        int whole = V.F.loopBound(n);
        long end = w + 2L * whole;
        for (; w < end; w += STEP, x += V.BYTES) {
            a = V.loadBf16(w).fma(V.load(x), a);
        }
        if (whole < n) {
            VectorMask<Float> m = V.tail(whole, n);
            a = V.loadBf16(w, m.cast(V.HALF)).fma(V.load(x, m), a);
        }
        return V.sum(a);
    }

    /** 4 outputs, one row: {@code y[o]} for weight rows {@code s} bytes apart; {@code sums} is room for a vector each. */
    static void dots(long w, long s, long x, int n, long y, long sums) {
        FloatVector a0 = V.zero();
        FloatVector a1 = V.zero();
        FloatVector a2 = V.zero();
        FloatVector a3 = V.zero();
        long w1 = w + s;
        long w2 = w + 2 * s;
        long w3 = w + 3 * s;
        long i = 0;
        for (int k = 0; k < n; k += V.LANES, i += STEP, x += V.BYTES) {
            FloatVector v = V.load(x);
            a0 = V.loadBf16(w + i).fma(v, a0);
            a1 = V.loadBf16(w1 + i).fma(v, a1);
            a2 = V.loadBf16(w2 + i).fma(v, a2);
            a3 = V.loadBf16(w3 + i).fma(v, a3);
        }
        V.store(a0, sums);
        V.store(a1, sums + V.BYTES);
        V.store(a2, sums + 2 * V.BYTES);
        V.store(a3, sums + 3 * V.BYTES);
        V.sums(sums, 4, y);
    }

    /**
     * Four outputs, four rows: {@code y[r][o]}, activation rows {@code xs} bytes and result rows {@code ys} bytes apart;
     * {@code sums} is room for 16 vectors.
     */
    static void dots4x4(long w, long s, long x, long xs, int n, long y, long ys, long sums) {
        FloatVector a00 = V.zero();
        FloatVector a01 = V.zero();
        FloatVector a02 = V.zero();
        FloatVector a03 = V.zero();
        FloatVector a10 = V.zero();
        FloatVector a11 = V.zero();
        FloatVector a12 = V.zero();
        FloatVector a13 = V.zero();
        FloatVector a20 = V.zero();
        FloatVector a21 = V.zero();
        FloatVector a22 = V.zero();
        FloatVector a23 = V.zero();
        FloatVector a30 = V.zero();
        FloatVector a31 = V.zero();
        FloatVector a32 = V.zero();
        FloatVector a33 = V.zero();
        long w1 = w + s;
        long x1 = x + xs;
        long w2 = w + 2 * s;
        long x2 = x + 2 * xs;
        long w3 = w + 3 * s;
        long x3 = x + 3 * xs;
        long i = 0;
        long j = 0;
        for (int k = 0; k < n; k += V.LANES, i += STEP, j += V.BYTES) {
            FloatVector u0 = V.loadBf16(w + i);
            FloatVector u1 = V.loadBf16(w1 + i);
            FloatVector u2 = V.loadBf16(w2 + i);
            FloatVector u3 = V.loadBf16(w3 + i);
            FloatVector v0 = V.load(x + j);
            a00 = u0.fma(v0, a00);
            a01 = u1.fma(v0, a01);
            a02 = u2.fma(v0, a02);
            a03 = u3.fma(v0, a03);
            FloatVector v1 = V.load(x1 + j);
            a10 = u0.fma(v1, a10);
            a11 = u1.fma(v1, a11);
            a12 = u2.fma(v1, a12);
            a13 = u3.fma(v1, a13);
            FloatVector v2 = V.load(x2 + j);
            a20 = u0.fma(v2, a20);
            a21 = u1.fma(v2, a21);
            a22 = u2.fma(v2, a22);
            a23 = u3.fma(v2, a23);
            FloatVector v3 = V.load(x3 + j);
            a30 = u0.fma(v3, a30);
            a31 = u1.fma(v3, a31);
            a32 = u2.fma(v3, a32);
            a33 = u3.fma(v3, a33);
        }
        V.store(a00, sums);
        V.store(a01, sums + V.BYTES);
        V.store(a02, sums + 2 * V.BYTES);
        V.store(a03, sums + 3 * V.BYTES);
        V.store(a10, sums + 4 * V.BYTES);
        V.store(a11, sums + 5 * V.BYTES);
        V.store(a12, sums + 6 * V.BYTES);
        V.store(a13, sums + 7 * V.BYTES);
        V.store(a20, sums + 8 * V.BYTES);
        V.store(a21, sums + 9 * V.BYTES);
        V.store(a22, sums + 10 * V.BYTES);
        V.store(a23, sums + 11 * V.BYTES);
        V.store(a30, sums + 12 * V.BYTES);
        V.store(a31, sums + 13 * V.BYTES);
        V.store(a32, sums + 14 * V.BYTES);
        V.store(a33, sums + 15 * V.BYTES);
        for (int r = 0; r < 4; r++) {
            V.sums(sums + 4L * r * V.BYTES, 4, y + r * ys);
        }
    }
}
