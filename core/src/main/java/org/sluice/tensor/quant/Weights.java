package org.sluice.tensor.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.Weight;

/** The real values of weights: decoded blocks times the scales that stand beside them. */
public final class Weights {
    private static final ValueLayout.OfFloat LE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Weights() {}

    /**
     * One row as F32.
     *
     * @param slice which matrix of a bank; 0 for vectors and matrices
     * @param row which row of that matrix; 0 for a vector
     * @throws IndexOutOfBoundsException where there is no such slice or row
     */
    public static float[] toFloats(Weight w, int slice, long row) {
        float[] out = new float[Math.toIntExact(w.columns())];
        toFloats(w, slice, row, out, 0);
        return out;
    }

    /** One row as F32 to {@code dst}, from index {@code at} on; see {@link #toFloats(Weight, int, long)}. */
    public static void toFloats(Weight w, int slice, long row, float[] dst, int at) {
        toFloats(w, slice, row, dst, at, new byte[scratchBytes(w)]);
    }

    /** Bytes of scratch that reading a row needs. */
    public static int scratchBytes(Weight w) {
        return BlockDecoder.of(w.dtype()).scratchBytes(Math.toIntExact(w.columns()));
    }

    /** The same without allocating; {@code scratch} has at least {@link #scratchBytes} bytes. */
    public static void toFloats(Weight w, int slice, long row, float[] dst, int at, byte[] scratch) {
        Objects.checkIndex(row, w.rows());
        int columns = Math.toIntExact(w.columns());
        BlockDecoder.of(w.dtype()).decode(w.slices().get(slice), row * w.rowBytes(), columns, dst, at, scratch);
        BlockScales scales = w.scales();
        if (scales != null) {
            scale(scales, slice, row, columns, dst, at);
        }
    }

    private static void scale(BlockScales scales, int slice, long row, int columns, float[] dst, int at) {
        MemorySegment s = scales.slices().get(slice);
        long first = row / scales.blockRows() * scales.columnBlocks(columns);
        for (int c = 0; c < columns; c += scales.blockColumns()) {
            float factor = s.getAtIndex(LE_FLOAT, first + c / scales.blockColumns());
            int end = Math.min(columns - c, scales.blockColumns()) + c;
            for (int i = c; i < end; i++) {
                dst[at + i] *= factor;
            }
        }
    }
}
