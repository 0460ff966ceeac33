package org.sluice.backend.cpu.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.graph.State;
import org.sluice.tensor.Weight;

/** The kernel set on the Vector API: float32 arithmetic on the stored weights, on any machine. */
public final class VectorKernels implements Kernels {
    @Override
    public String name() {
        return "vector";
    }

    /** Bits of the vectors it computes with. */
    public static int bits() {
        return V.F.vectorBitSize();
    }

    @Override
    public MatrixKernel matrix(Weight weight) {
        return new VectorMatrix(weight);
    }

    @Override
    public void rmsNorm(long x, long w, int n, float epsilon, long y) {
        float scale = (float) (1 / Math.sqrt(F32Dots.dot(x, x, n) / n + epsilon));
        for (int i = 0; i < n; i += V.LANES) {
            VectorMask<Float> m = V.tail(i, n);
            V.store(V.load(x + 4L * i, m).mul(scale).mul(V.load(w + 4L * i, m)), y + 4L * i, m);
        }
    }

    @Override
    public void layerNorm(long x, long w, long b, int n, float epsilon, long y) {
        FloatVector sum = V.zero();
        for (int i = 0; i < n; i += V.LANES) {
            sum = sum.add(V.load(x + 4L * i, V.tail(i, n)));
        }
        float mean = V.sum(sum) / n;
        FloatVector squares = V.zero();
        for (int i = 0; i < n; i += V.LANES) {
            VectorMask<Float> m = V.tail(i, n);
            FloatVector d = V.zero().blend(V.load(x + 4L * i, m).sub(mean), m);
            squares = d.fma(d, squares);
        }
        float scale = (float) (1 / Math.sqrt(V.sum(squares) / n + epsilon));
        for (int i = 0; i < n; i += V.LANES) {
            VectorMask<Float> m = V.tail(i, n);
            FloatVector d = V.load(x + 4L * i, m).sub(mean).mul(scale);
            V.store(d.fma(V.load(w + 4L * i, m), V.load(b + 4L * i, m)), y + 4L * i, m);
        }
    }

    @Override
    public void add(long a, long b, long n, long y) {
        long i = 0;
        for (; i + V.LANES <= n; i += V.LANES) {
            V.store(V.load(a + 4 * i).add(V.load(b + 4 * i)), y + 4 * i);
        }
        for (; i < n; i++) {
            Mem.putFloat(y + 4 * i, Mem.getFloat(a + 4 * i) + Mem.getFloat(b + 4 * i));
        }
    }

    @Override
    public void swiGlu(long gate, long up, long n, long y) {
        for (long i = 0; i < n; i += V.LANES) {
            VectorMask<Float> m = V.tail(0, (int) Math.min(V.LANES, n - i));
            FloatVector g = V.load(gate + 4 * i, m);
            FloatVector u = V.load(up + 4 * i, m);
            V.store(g.div(V.exp(g.neg()).add(1f)).mul(u), y + 4 * i, m);
        }
    }

    @Override
    public void addScaled(long x, float scale, long n, long y) {
        long i = 0;
        FloatVector s = FloatVector.broadcast(V.F, scale);
        for (; i + V.LANES <= n; i += V.LANES) {
            V.store(V.load(x + 4 * i).fma(s, V.load(y + 4 * i)), y + 4 * i);
        }
        for (; i < n; i++) {
            Mem.putFloat(y + 4 * i, Math.fma(Mem.getFloat(x + 4 * i), scale, Mem.getFloat(y + 4 * i)));
        }
    }

    @Override
    public int argMax(long x, int n) {
        int best = 0;
        float top = Mem.getFloat(x);
        for (int i = 1; i < n; i++) {
            float v = Mem.getFloat(x + 4L * i);
            if (v > top) {
                top = v;
                best = i;
            }
        }
        return best;
    }

    @Override
    public void attend(
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
            long scratch) {
        Attention.run(
                queryLatent,
                queryLatentStride,
                queryRope,
                queryRopeStride,
                heads,
                latent,
                rope,
                pages,
                pageShift,
                stateOffset,
                rowBytes,
                selection,
                count,
                scale,
                y,
                yStride,
                scratch);
    }

    @Override
    public long attendScratch(int heads, int latent, int rope, int count) {
        return Attention.scratchBytes(count);
    }

    @Override
    public void indexScores(
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
            long scratch) {
        int mask = (1 << pageShift) - 1;
        for (int s = begin; s < end; s++) {
            long key = Mem.getLong(pages + 8L * (s >> pageShift)) + stateOffset + (long) (s & mask) * rowBytes;
            float sum = 0;
            for (int h = 0; h < heads; h++) {
                float dot = F32Dots.dot(key, query + 4L * h * width, width);
                if (dot > 0) {
                    sum = Math.fma(Mem.getFloat(weights + 4L * h), dot, sum);
                }
            }
            Mem.putFloat(y + 4L * (s - begin), sum * scale);
        }
    }

    @Override
    public long indexScratch() {
        return 0;
    }

    @Override
    public void selectTopK(long scores, int n, int k, long out, long scratch) {
        TopK.run(scores, n, k, out, scratch);
    }

    @Override
    public long selectScratch(int n) {
        return TopK.scratchBytes();
    }

    @Override
    public void decodeRow(State state, long from, long to) {
        CacheDecoder.decode(state, from, to);
    }
}
