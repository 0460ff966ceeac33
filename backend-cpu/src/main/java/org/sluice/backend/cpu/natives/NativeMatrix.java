package org.sluice.backend.cpu.natives;

import static org.sluice.natives.jextract.SluiceCpu.SLUICE_EXACT;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_F8_E4M3;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_FAST;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_KIND_F32;
import static org.sluice.natives.jextract.SluiceCpu.SLUICE_SCALES_BYTES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.natives.jextract.SluiceCpu;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/** Products with one weight in C; weights are read where they lie. */
final class NativeMatrix implements MatrixKernel {
    private final int type;
    private final int mode;
    private final int kind;
    private final long[] slices;
    private final long[] scales;
    private final long rowBytes;
    private final int columns;
    private final int activationBytes;
    private final boolean direct;
    /** Keeps the descriptions of scales alive. */
    private final List<MemorySegment> structs = new ArrayList<>();

    NativeMatrix(Weight weight, boolean exact) {
        type = type(weight.dtype());
        mode = exact ? SLUICE_EXACT : SLUICE_FAST;
        kind = SluiceCpu.sluice_activation_kind(type, mode);
        slices = weight.slices().stream().mapToLong(MemorySegment::address).toArray();
        rowBytes = weight.rowBytes();
        columns = Math.toIntExact(weight.columns());
        activationBytes = Math.toIntExact(SluiceCpu.sluice_activation_bytes(kind, columns));
        direct = kind == SLUICE_KIND_F32 && activationBytes == 4 * columns;
        scales = new long[slices.length];
        BlockScales outside = weight.scales();
        if (outside != null) {
            for (int i = 0; i < scales.length; i++) {
                scales[i] = describe(outside, i);
            }
        }
    }

    static int type(DType t) {
        return t == DType.F8_E4M3 ? SLUICE_F8_E4M3 : t.ggmlId();
    }

    /** A {@code struct sluice_scales} that lives as long as this object. */
    private long describe(BlockScales s, int slice) {
        MemorySegment struct = Arena.ofAuto().allocate(SLUICE_SCALES_BYTES, 8);
        struct.setAtIndex(ValueLayout.JAVA_LONG, 0, s.slices().get(slice).address());
        struct.setAtIndex(ValueLayout.JAVA_LONG, 1, s.blockRows());
        struct.setAtIndex(ValueLayout.JAVA_LONG, 2, s.blockColumns());
        struct.setAtIndex(ValueLayout.JAVA_LONG, 3, s.columnBlocks(columns));
        structs.add(struct);
        return struct.address();
    }

    @Override
    public int preparedRowBytes() {
        return direct ? 0 : activationBytes;
    }

    @Override
    public void prepare(long x, long xStride, int rows, long prepared) {
        SluiceCpu.sluice_prepare_rows(kind, x, xStride / 4, rows, columns, prepared);
    }

    @Override
    public void multiply(
            int slice, long x, long xStride, int rows, long y, long yStride, long begin, long end, long scratch) {
        if (xStride != activationBytes && rows > 1) {
            // rows that lie apart, as a head's part of a longer row does, go one by one
            for (int r = 0; r < rows; r++) {
                multiply(slice, x + r * xStride, activationBytes, 1, y + r * yStride, yStride, begin, end, scratch);
            }
            return;
        }
        SluiceCpu.sluice_matmul(
                type,
                mode,
                slices[slice],
                rowBytes,
                scales[slice],
                x,
                rows,
                columns,
                y - 4 * begin,
                yStride / 4,
                begin,
                end,
                scratch);
    }

    @Override
    public void multiplyTransposed(
            int slice, long x, long xStride, int rows, long y, long yStride, long begin, int count, long scratch) {
        SluiceCpu.sluice_matmul_transposed(
                type,
                slices[slice],
                rowBytes,
                scales[slice],
                x,
                xStride / 4,
                rows,
                begin,
                count,
                columns,
                y,
                yStride / 4,
                scratch);
    }

    @Override
    public long scratchBytes() {
        return SluiceCpu.sluice_scratch_bytes();
    }

    @Override
    public int grain(int rows) {
        // panels of 16 weight rows, four of which share what is read of many activations
        return rows < 16 ? 16 : 64;
    }
}
