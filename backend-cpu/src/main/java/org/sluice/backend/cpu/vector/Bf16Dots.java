package org.sluice.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.sluice.backend.cpu.runtime.Mem;

/**
 * Dot products of BF16 weight rows with F32 rows. Every product has one accumulator and runs through its elements in
 * order, so all tile sizes give the same bits; tiles only keep more products in flight.
 */
final class Bf16Dots {
    private static final int STEP = 2 * V.LANES;

    private Bf16Dots() {}

    /** One output, one row. */
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

    /** Eight outputs, one row: {@code y[o]} for weight rows {@code s} bytes apart. */
    static void dot8(long w, long s, long x, int n, long y) {
        FloatVector a0 = V.zero();
        FloatVector a1 = V.zero();
        FloatVector a2 = V.zero();
        FloatVector a3 = V.zero();
        FloatVector a4 = V.zero();
        FloatVector a5 = V.zero();
        FloatVector a6 = V.zero();
        FloatVector a7 = V.zero();
        long w1 = w + s;
        long w2 = w + 2 * s;
        long w3 = w + 3 * s;
        long w4 = w + 4 * s;
        long w5 = w + 5 * s;
        long w6 = w + 6 * s;
        long w7 = w + 7 * s;
        int whole = V.F.loopBound(n);
        long i = 0;
        for (int k = 0; k < whole; k += V.LANES, i += STEP, x += V.BYTES) {
            FloatVector v = V.load(x);
            a0 = V.loadBf16(w + i).fma(v, a0);
            a1 = V.loadBf16(w1 + i).fma(v, a1);
            a2 = V.loadBf16(w2 + i).fma(v, a2);
            a3 = V.loadBf16(w3 + i).fma(v, a3);
            a4 = V.loadBf16(w4 + i).fma(v, a4);
            a5 = V.loadBf16(w5 + i).fma(v, a5);
            a6 = V.loadBf16(w6 + i).fma(v, a6);
            a7 = V.loadBf16(w7 + i).fma(v, a7);
        }
        if (whole < n) {
            VectorMask<Float> m = V.tail(whole, n);
            FloatVector v = V.load(x, m);
            a0 = V.loadBf16(w + i, m.cast(V.HALF)).fma(v, a0);
            a1 = V.loadBf16(w1 + i, m.cast(V.HALF)).fma(v, a1);
            a2 = V.loadBf16(w2 + i, m.cast(V.HALF)).fma(v, a2);
            a3 = V.loadBf16(w3 + i, m.cast(V.HALF)).fma(v, a3);
            a4 = V.loadBf16(w4 + i, m.cast(V.HALF)).fma(v, a4);
            a5 = V.loadBf16(w5 + i, m.cast(V.HALF)).fma(v, a5);
            a6 = V.loadBf16(w6 + i, m.cast(V.HALF)).fma(v, a6);
            a7 = V.loadBf16(w7 + i, m.cast(V.HALF)).fma(v, a7);
        }
        Mem.putFloat(y, V.sum(a0));
        Mem.putFloat(y + 4, V.sum(a1));
        Mem.putFloat(y + 8, V.sum(a2));
        Mem.putFloat(y + 12, V.sum(a3));
        Mem.putFloat(y + 16, V.sum(a4));
        Mem.putFloat(y + 20, V.sum(a5));
        Mem.putFloat(y + 24, V.sum(a6));
        Mem.putFloat(y + 28, V.sum(a7));
    }

    /** Four outputs, four rows: {@code y[r][o]}, activation rows {@code xs} bytes and result rows {@code ys} bytes apart. */
    static void dot4x4(long w, long s, long x, long xs, int n, long y, long ys) {
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
        int whole = V.F.loopBound(n);
        long i = 0;
        long j = 0;
        for (int k = 0; k < whole; k += V.LANES, i += STEP, j += V.BYTES) {
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
        if (whole < n) {
            VectorMask<Float> m = V.tail(whole, n);
            FloatVector u0 = V.loadBf16(w + i, m.cast(V.HALF));
            FloatVector u1 = V.loadBf16(w1 + i, m.cast(V.HALF));
            FloatVector u2 = V.loadBf16(w2 + i, m.cast(V.HALF));
            FloatVector u3 = V.loadBf16(w3 + i, m.cast(V.HALF));
            FloatVector v0 = V.load(x + j, m);
            a00 = u0.fma(v0, a00);
            a01 = u1.fma(v0, a01);
            a02 = u2.fma(v0, a02);
            a03 = u3.fma(v0, a03);
            FloatVector v1 = V.load(x1 + j, m);
            a10 = u0.fma(v1, a10);
            a11 = u1.fma(v1, a11);
            a12 = u2.fma(v1, a12);
            a13 = u3.fma(v1, a13);
            FloatVector v2 = V.load(x2 + j, m);
            a20 = u0.fma(v2, a20);
            a21 = u1.fma(v2, a21);
            a22 = u2.fma(v2, a22);
            a23 = u3.fma(v2, a23);
            FloatVector v3 = V.load(x3 + j, m);
            a30 = u0.fma(v3, a30);
            a31 = u1.fma(v3, a31);
            a32 = u2.fma(v3, a32);
            a33 = u3.fma(v3, a33);
        }
        Mem.putFloat(y, V.sum(a00));
        Mem.putFloat(y + 4, V.sum(a01));
        Mem.putFloat(y + 8, V.sum(a02));
        Mem.putFloat(y + 12, V.sum(a03));
        Mem.putFloat(y + ys, V.sum(a10));
        Mem.putFloat(y + ys + 4, V.sum(a11));
        Mem.putFloat(y + ys + 8, V.sum(a12));
        Mem.putFloat(y + ys + 12, V.sum(a13));
        Mem.putFloat(y + 2 * ys, V.sum(a20));
        Mem.putFloat(y + 2 * ys + 4, V.sum(a21));
        Mem.putFloat(y + 2 * ys + 8, V.sum(a22));
        Mem.putFloat(y + 2 * ys + 12, V.sum(a23));
        Mem.putFloat(y + 3 * ys, V.sum(a30));
        Mem.putFloat(y + 3 * ys + 4, V.sum(a31));
        Mem.putFloat(y + 3 * ys + 8, V.sum(a32));
        Mem.putFloat(y + 3 * ys + 12, V.sum(a33));
    }
}
