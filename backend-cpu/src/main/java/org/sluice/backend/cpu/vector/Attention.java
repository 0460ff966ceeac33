package org.sluice.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.sluice.backend.cpu.runtime.Mem;

/**
 * Latent attention of one row: scores of all positions, softmax, weighted sum of the latents. Four heads share each load of
 * a cached row; every score and every sum runs through positions and elements in order.
 */
final class Attention {
    private static final int BLOCK = 4;

    private Attention() {}

    /** Scratch: scores and row addresses of a block of heads. */
    static long scratchBytes(int count) {
        return (4L * BLOCK + 8L) * (count + V.LANES) + 64;
    }

    @SuppressWarnings("TooManyParameters")
    static void run(
            long ql,
            long qls,
            long qr,
            long qrs,
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
            long ys,
            long scratch) {
        long addresses = scratch;
        long scores = scratch + 8L * (count + V.LANES);
        long scoreStride = 4L * (count + V.LANES);
        for (int t = 0; t < count; t++) {
            int at = selection == 0 ? t : Mem.getInt(selection + 4L * t);
            long page = Mem.getLong(pages + 8L * (at >> pageShift));
            Mem.putLong(addresses + 8L * t, page + stateOffset + (long) (at & ((1 << pageShift) - 1)) * rowBytes);
        }
        for (int h = 0; h < heads; h += BLOCK) {
            int block = Math.min(BLOCK, heads - h);
            if (block == BLOCK) {
                scores4(ql + h * qls, qls, qr + h * qrs, qrs, latent, rope, addresses, count, scores, scoreStride);
            } else {
                for (int b = 0; b < block; b++) {
                    scores1(
                            ql + (h + b) * qls,
                            qr + (h + b) * qrs,
                            latent,
                            rope,
                            addresses,
                            count,
                            scores + b * scoreStride);
                }
            }
            for (int b = 0; b < block; b++) {
                softmax(scores + b * scoreStride, count, scale);
            }
            if (block == BLOCK) {
                sum4(addresses, count, scores, scoreStride, latent, y + h * ys, ys);
            } else {
                for (int b = 0; b < block; b++) {
                    sum1(addresses, count, scores + b * scoreStride, latent, y + (h + b) * ys);
                }
            }
        }
    }

    private static void scores1(long ql, long qr, int latent, int rope, long addresses, int count, long scores) {
        for (int t = 0; t < count; t++) {
            long c = Mem.getLong(addresses + 8L * t);
            float s = F32Dots.dot(c, ql, latent) + F32Dots.dot(c + 4L * latent, qr, rope);
            Mem.putFloat(scores + 4L * t, s);
        }
    }

    private static void scores4(
            long ql,
            long qls,
            long qr,
            long qrs,
            int latent,
            int rope,
            long addresses,
            int count,
            long scores,
            long ss) {
        for (int t = 0; t < count; t++) {
            long c = Mem.getLong(addresses + 8L * t);
            dots4(c, ql, qls, latent, scores + 4L * t, ss, false);
            dots4(c + 4L * latent, qr, qrs, rope, scores + 4L * t, ss, true);
        }
    }

    /** Four heads' dot products with one row, stored or added. */
    private static void dots4(long c, long q, long qs, int n, long out, long os, boolean more) {
        FloatVector a0 = V.zero();
        FloatVector a1 = V.zero();
        FloatVector a2 = V.zero();
        FloatVector a3 = V.zero();
        int whole = V.F.loopBound(n);
        int i = 0;
        for (; i < whole; i += V.LANES) {
            long at = 4L * i;
            FloatVector v = V.load(c + at);
            a0 = v.fma(V.load(q + at), a0);
            a1 = v.fma(V.load(q + qs + at), a1);
            a2 = v.fma(V.load(q + 2 * qs + at), a2);
            a3 = v.fma(V.load(q + 3 * qs + at), a3);
        }
        if (i < n) {
            VectorMask<Float> m = V.tail(i, n);
            long at = 4L * i;
            FloatVector v = V.load(c + at, m);
            a0 = v.fma(V.load(q + at, m), a0);
            a1 = v.fma(V.load(q + qs + at, m), a1);
            a2 = v.fma(V.load(q + 2 * qs + at, m), a2);
            a3 = v.fma(V.load(q + 3 * qs + at, m), a3);
        }
        put(out, V.sum(a0), more);
        put(out + os, V.sum(a1), more);
        put(out + 2 * os, V.sum(a2), more);
        put(out + 3 * os, V.sum(a3), more);
    }

    private static void put(long address, float v, boolean more) {
        Mem.putFloat(address, more ? Mem.getFloat(address) + v : v);
    }

    /** {@code s = softmax(scale · s)}. Goes in whole vectors: behind the scores there is room for one. */
    private static void softmax(long s, int count, float scale) {
        float max = Float.NEGATIVE_INFINITY;
        for (int t = 0; t < count; t++) {
            max = Math.max(max, Mem.getFloat(s + 4L * t));
        }
        int padded = (count + V.LANES - 1) / V.LANES * V.LANES;
        for (int t = count; t < padded; t++) {
            Mem.putFloat(s + 4L * t, Float.NEGATIVE_INFINITY);
        }
        exps(s, padded, scale, max * scale);
        float factor = 1f / total(s, padded);
        for (int t = 0; t < padded; t += V.LANES) {
            V.store(V.load(s + 4L * t).mul(factor), s + 4L * t);
        }
    }

    /** {@code s = exp(scale · s − shift)}. A loop of its own: what the compiler cannot inline into one, it allocates. */
    private static void exps(long s, int n, float scale, float shift) {
        for (int t = 0; t < n; t += V.LANES) {
            V.store(V.exp(V.load(s + 4L * t).mul(scale).sub(shift)), s + 4L * t);
        }
    }

    private static float total(long s, int n) {
        FloatVector total = V.zero();
        for (int t = 0; t < n; t += V.LANES) {
            total = total.add(V.load(s + 4L * t));
        }
        return V.sum(total);
    }

    private static void sum1(long addresses, int count, long p, int n, long y) {
        for (int i = 0; i < n; i += V.LANES) {
            VectorMask<Float> m = V.tail(i, n);
            FloatVector a = V.zero();
            for (int t = 0; t < count; t++) {
                FloatVector c = V.load(Mem.getLong(addresses + 8L * t) + 4L * i, m);
                a = c.fma(FloatVector.broadcast(V.F, Mem.getFloat(p + 4L * t)), a);
            }
            V.store(a, y + 4L * i, m);
        }
    }

    private static void sum4(long addresses, int count, long p, long ps, int n, long y, long ys) {
        int i = 0;
        for (; i + 2 * V.LANES <= n; i += 2 * V.LANES) {
            sum4x2(addresses, count, p, ps, 4L * i, y + 4L * i, ys);
        }
        for (; i < n; i += V.LANES) {
            VectorMask<Float> m = V.tail(i, n);
            for (int b = 0; b < BLOCK; b++) {
                FloatVector a = V.zero();
                for (int t = 0; t < count; t++) {
                    FloatVector c = V.load(Mem.getLong(addresses + 8L * t) + 4L * i, m);
                    a = c.fma(FloatVector.broadcast(V.F, Mem.getFloat(p + b * ps + 4L * t)), a);
                }
                V.store(a, y + b * ys + 4L * i, m);
            }
        }
    }

    private static void sum4x2(long addresses, int count, long p, long ps, long at, long y, long ys) {
        FloatVector a0 = V.zero();
        FloatVector b0 = V.zero();
        FloatVector a1 = V.zero();
        FloatVector b1 = V.zero();
        FloatVector a2 = V.zero();
        FloatVector b2 = V.zero();
        FloatVector a3 = V.zero();
        FloatVector b3 = V.zero();
        for (int t = 0; t < count; t++) {
            long row = Mem.getLong(addresses + 8L * t) + at;
            FloatVector a = V.load(row);
            FloatVector b = V.load(row + V.BYTES);
            long pt = p + 4L * t;
            FloatVector w = FloatVector.broadcast(V.F, Mem.getFloat(pt));
            a0 = a.fma(w, a0);
            b0 = b.fma(w, b0);
            w = FloatVector.broadcast(V.F, Mem.getFloat(pt + ps));
            a1 = a.fma(w, a1);
            b1 = b.fma(w, b1);
            w = FloatVector.broadcast(V.F, Mem.getFloat(pt + 2 * ps));
            a2 = a.fma(w, a2);
            b2 = b.fma(w, b2);
            w = FloatVector.broadcast(V.F, Mem.getFloat(pt + 3 * ps));
            a3 = a.fma(w, a3);
            b3 = b.fma(w, b3);
        }
        V.store(a0, y);
        V.store(b0, y + V.BYTES);
        V.store(a1, y + ys);
        V.store(b1, y + ys + V.BYTES);
        V.store(a2, y + 2 * ys);
        V.store(b2, y + 2 * ys + V.BYTES);
        V.store(a3, y + 3 * ys);
        V.store(b3, y + 3 * ys + V.BYTES);
    }
}
