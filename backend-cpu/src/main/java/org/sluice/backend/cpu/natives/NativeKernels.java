package org.sluice.backend.cpu.natives;

import static org.sluice.natives.jextract.SluiceCpu.SLUICE_BF16;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_CACHE_F32;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_EXACT;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_F8_E4M3;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_FAST;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.vector.VectorKernels;
import org.sluice.graph.CacheType;
import org.sluice.graph.State;
import org.sluice.natives.jextract.SluiceCpu;
import org.sluice.tensor.Weight;

/** The kernel set in C: the processor's widest instructions, and rounded activations unless exactness is asked for. */
public final class NativeKernels implements Kernels {
    private final boolean exact;
    private final long scratchBytes = SluiceCpu.sluice_scratch_bytes();

    /** @param exact whether activations stay float32 whatever the weights are */
    public NativeKernels(boolean exact) {
        this.exact = exact;
    }

    @Override
    public String name() {
        return "native";
    }

    @Override
    public MatrixKernel matrix(Weight weight) {
        int kind =
                SluiceCpu.sluice_activation_kind(NativeMatrix.type(weight.dtype()), exact ? SLUICE_EXACT : SLUICE_FAST);
        // loading the Vector API costs start-up time: only where a weight needs it
        return kind < 0 ? new VectorKernels().matrix(weight) : new NativeMatrix(weight, exact);
    }

    @Override
    public void rmsNorm(long x, long w, int n, float epsilon, long y) {
        SluiceCpu.sluice_rms_norm(x, n, w, epsilon, 1, n, y, n);
    }

    @Override
    public void layerNorm(long x, long w, long b, int n, float epsilon, long y) {
        SluiceCpu.sluice_layer_norm(x, n, w, b, epsilon, 1, n, y, n);
    }

    @Override
    public void add(long a, long b, long n, long y) {
        SluiceCpu.sluice_add(a, b, n, y);
    }

    @Override
    public void swiGlu(long gate, long up, long n, long y) {
        SluiceCpu.sluice_swiglu(gate, up, n, y);
    }

    @Override
    public void addScaled(long x, float scale, long n, long y) {
        SluiceCpu.sluice_add_scaled(y, x, scale, n);
    }

    @Override
    public int argMax(long x, int n) {
        return Math.toIntExact(SluiceCpu.sluice_arg_max(x, n));
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
        int width = latent + rope;
        long query = scratch + 64;
        for (int h = 0; h < heads; h++) {
            long to = query + 4L * h * width;
            Mem.copy(queryLatent + h * queryLatentStride, to, 4L * latent);
            Mem.copy(queryRope + h * queryRopeStride, to + 4L * latent, 4L * rope);
        }
        describe(scratch, pages, pageShift, stateOffset, rowBytes);
        long rest = query + ((4L * heads * width + 63) & ~63L);
        SluiceCpu.sluice_latent_attention(
                exact ? SLUICE_EXACT : SLUICE_FAST,
                query,
                width,
                scratch,
                selection,
                count,
                latent,
                rope,
                scale,
                0,
                heads,
                y,
                yStride / 4,
                rest);
    }

    /** Writes a {@code struct sluice_pages}. */
    private static void describe(long at, long pages, int pageShift, long stateOffset, int rowBytes) {
        Mem.putLong(at, pages);
        Mem.putLong(at + 8, pageShift);
        Mem.putLong(at + 16, rowBytes);
        Mem.putLong(at + 24, SLUICE_CACHE_F32);
        Mem.putLong(at + 32, stateOffset);
    }

    @Override
    public long attendScratch(int heads, int latent, int rope, int count) {
        return 64 + 4L * heads * (latent + rope) + 64 + scratchBytes;
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
        describe(scratch, pages, pageShift, stateOffset, rowBytes);
        SluiceCpu.sluice_index_scores(
                query, weights, heads, width, scale, scratch, begin, end, y - 4L * begin, scratch + 64);
    }

    @Override
    public long indexScratch() {
        return 64 + scratchBytes;
    }

    @Override
    public void selectTopK(long scores, int n, int k, long out, long scratch) {
        SluiceCpu.sluice_select_top_k(scores, n, k, out, scratch);
    }

    @Override
    public long selectScratch(int n) {
        return scratchBytes;
    }

    @Override
    public void decodeRow(State state, long from, long to) {
        int main = state.main();
        int rotated = state.width() - main;
        switch (state.type()) {
            case F32 -> Mem.copy(from, to, 4L * state.width());
            case BF16 -> SluiceCpu.sluice_dequantise(SLUICE_BF16, from, state.width(), to);
            case FP8 -> {
                SluiceCpu.sluice_dequantise(SLUICE_F8_E4M3, from, main, to);
                long scales = from + main;
                for (int i = 0; i < main; i++) {
                    float scale = Mem.getFloat(scales + 4L * (i / CacheType.GROUP));
                    Mem.putFloat(to + 4L * i, Mem.getFloat(to + 4L * i) * scale);
                }
                long behind = scales + 4L * Math.ceilDiv(main, CacheType.GROUP);
                SluiceCpu.sluice_dequantise(SLUICE_BF16, behind, rotated, to + 4L * main);
            }
        }
    }
}
