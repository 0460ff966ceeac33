package org.sluice.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.sluice.backend.cpu.runtime.Mem;

/** Products with a transposed matrix of F32 rows: {@code y[c] += Σ_o W[o][c] · x[o]}, o ascending, one accumulator per c. */
final class Transposed {
    private Transposed() {}

    /**
     * All columns for one row of activations.
     *
     * @param w first of {@code count} F32 weight rows of {@code n}
     * @param s bytes from weight row to weight row
     */
    static void accumulate(long w, long s, int count, int n, long x, long y) {
        int c = 0;
        for (; c + 4 * V.LANES <= n; c += 4 * V.LANES) {
            four(w + 4L * c, s, count, x, y + 4L * c);
        }
        for (; c + V.LANES <= n; c += V.LANES) {
            FloatVector a = V.load(y + 4L * c);
            long row = w + 4L * c;
            for (int o = 0; o < count; o++, row += s) {
                a = V.load(row).fma(FloatVector.broadcast(V.F, Mem.getFloat(x + 4L * o)), a);
            }
            V.store(a, y + 4L * c);
        }
        if (c < n) {
            VectorMask<Float> m = V.tail(c, n);
            FloatVector a = V.load(y + 4L * c, m);
            long row = w + 4L * c;
            for (int o = 0; o < count; o++, row += s) {
                a = V.load(row, m).fma(FloatVector.broadcast(V.F, Mem.getFloat(x + 4L * o)), a);
            }
            V.store(a, y + 4L * c, m);
        }
    }

    private static void four(long w, long s, int count, long x, long y) {
        FloatVector a = V.load(y);
        FloatVector b = V.load(y + V.BYTES);
        FloatVector c = V.load(y + 2 * V.BYTES);
        FloatVector d = V.load(y + 3 * V.BYTES);
        for (int o = 0; o < count; o++, w += s) {
            FloatVector v = FloatVector.broadcast(V.F, Mem.getFloat(x + 4L * o));
            a = V.load(w).fma(v, a);
            b = V.load(w + V.BYTES).fma(v, b);
            c = V.load(w + 2 * V.BYTES).fma(v, c);
            d = V.load(w + 3 * V.BYTES).fma(v, d);
        }
        V.store(a, y);
        V.store(b, y + V.BYTES);
        V.store(c, y + 2 * V.BYTES);
        V.store(d, y + 3 * V.BYTES);
    }
}
