package org.sluice.backend.cpu.vector;

import java.lang.foreign.MemorySegment;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/**
 * Products with one weight. F32 and BF16 rows are read where they lie; rows of other types are widened to scratch, a few at
 * a time, and read from there by the F32 kernels.
 */
final class VectorMatrix implements MatrixKernel {
    /** Weight rows widened together. */
    private static final int PANEL = 8;
    /** Scratch for the accumulators of a tile. */
    private static final long SUMS = 16 * V.BYTES;

    private final boolean bf16;
    private final boolean inPlace;
    private final long[] slices;
    private final long rowBytes;
    private final int columns;
    private final long panelStride;
    private final RowDecoder decoder;

    VectorMatrix(Weight weight) {
        bf16 = weight.dtype() == DType.BF16 && weight.scales() == null;
        inPlace = bf16 || (weight.dtype() == DType.F32 && weight.scales() == null);
        slices = weight.slices().stream().mapToLong(MemorySegment::address).toArray();
        rowBytes = weight.rowBytes();
        columns = Math.toIntExact(weight.columns());
        panelStride = Math.ceilDiv(4L * columns, 64) * 64;
        decoder = RowDecoder.of(weight);
    }

    @Override
    public long scratchBytes() {
        return SUMS + PANEL * panelStride;
    }

    @Override
    public void multiply(int slice, long x, long xs, int rows, long y, long ys, long begin, long end, long scratch) {
        for (long o = begin; o < end; o += PANEL) {
            int outs = (int) Math.min(PANEL, end - o);
            long out = y + 4 * (o - begin);
            if (inPlace) {
                tile(bf16, slices[slice] + o * rowBytes, rowBytes, outs, x, xs, rows, out, ys, scratch);
            } else {
                for (int i = 0; i < outs; i++) {
                    decoder.decode(slice, o + i, scratch + SUMS + i * panelStride);
                }
                tile(false, scratch + SUMS, panelStride, outs, x, xs, rows, out, ys, scratch);
            }
        }
    }

    /** Up to {@link #PANEL} outputs for all rows. */
    private void tile(boolean half, long w, long ws, int outs, long x, long xs, int rows, long y, long ys, long sums) {
        // tiles take whole vectors; a width that leaves a rest goes output by output
        int whole = columns % V.LANES == 0 ? outs : 0;
        int r = 0;
        for (; r + 4 <= rows; r += 4) {
            int o = 0;
            for (; o + 4 <= whole; o += 4) {
                if (half) {
                    Bf16Dots.dots4x4(w + o * ws, ws, x + r * xs, xs, columns, y + r * ys + 4L * o, ys, sums);
                } else {
                    F32Dots.dots4x4(w + o * ws, ws, x + r * xs, xs, columns, y + r * ys + 4L * o, ys, sums);
                }
            }
            for (int i = 0; i < 4; i++) {
                singles(half, w, ws, o, outs, x + (r + i) * xs, y + (r + i) * ys);
            }
        }
        int width = half ? Bf16Dots.OUTPUTS : F32Dots.OUTPUTS;
        for (; r < rows; r++) {
            int o = 0;
            for (; o + width <= whole; o += width) {
                if (half) {
                    Bf16Dots.dots(w + o * ws, ws, x + r * xs, columns, y + r * ys + 4L * o, sums);
                } else {
                    F32Dots.dots(w + o * ws, ws, x + r * xs, columns, y + r * ys + 4L * o, sums);
                }
            }
            singles(half, w, ws, o, outs, x + r * xs, y + r * ys);
        }
    }

    private void singles(boolean half, long w, long ws, int from, int to, long x, long y) {
        for (int o = from; o < to; o++) {
            float v = half ? Bf16Dots.dot(w + o * ws, x, columns) : F32Dots.dot(w + o * ws, x, columns);
            Mem.putFloat(y + 4L * o, v);
        }
    }

    @Override
    public void multiplyTransposed(
            int slice, long x, long xs, int rows, long y, long ys, long begin, int count, long scratch) {
        boolean f32 = inPlace && !bf16;
        // panels go over the summed index, so each panel adds to what the panels before it left
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                Mem.putFloat(y + r * ys + 4L * c, 0f);
            }
        }
        for (int o = 0; o < count; o += PANEL) {
            int n = Math.min(PANEL, count - o);
            long w = slices[slice] + (begin + o) * rowBytes;
            long ws = rowBytes;
            if (!f32) {
                for (int i = 0; i < n; i++) {
                    decoder.decode(slice, begin + o + i, scratch + SUMS + i * panelStride);
                }
                w = scratch + SUMS;
                ws = panelStride;
            }
            for (int r = 0; r < rows; r++) {
                Transposed.accumulate(w, ws, n, columns, x + r * xs + 4L * o, y + r * ys);
            }
        }
    }
}
