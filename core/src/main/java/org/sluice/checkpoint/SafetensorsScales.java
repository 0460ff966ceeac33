package org.sluice.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.BlockScales;

/**
 * Turns the tensor of scales beside an FP8 matrix {@code [out, in]} or bank {@code [count, out, in]} into
 * {@link BlockScales}: either {@code [ceil(out/blockRows), ceil(in/blockColumns)]} of them for each matrix, or a single one
 * for all of a matrix. F32 scales stay in the file, BF16 and F16 scales are widened.
 */
record SafetensorsScales(int blockRows, int blockColumns) {
    /** What the name of a matrix goes on with in the name of its scales. They are factors, despite the name. */
    static final String SUFFIX = "_scale_inv";

    private static final ValueLayout.OfFloat FLOAT = JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    SafetensorsScales {
        if (blockRows < 1 || blockColumns < 1) {
            throw new IllegalArgumentException("FP8 scales cannot cover blocks of " + blockRows + "×" + blockColumns);
        }
    }

    /**
     * The scales of a weight.
     *
     * @param called the weight in messages
     * @param scale the tensor of scales
     * @param data its bytes
     * @throws CheckpointException where shape or type of the scales do not fit
     */
    BlockScales of(SafetensorsTensor weight, Supplier<String> called, SafetensorsTensor scale, MemorySegment data) {
        List<Long> extents = weight.extents();
        int rank = extents.size();
        if (rank < 2) {
            throw new UnsupportedException(called.get() + " is an FP8 vector; only FP8 matrices are read");
        }
        long rows = extents.get(rank - 2);
        long columns = extents.get(rank - 1);
        Supplier<String> scaleCalled = () -> called.get() + " has the scales '" + scale.name() + "' " + scale;
        if (rank == 2 && isSingle(scale) && Math.max(rows, columns) <= Integer.MAX_VALUE) {
            return new BlockScales((int) rows, (int) columns, List.of(asFloats(scale, data, scaleCalled)));
        }
        long rowBlocks = Math.ceilDiv(rows, (long) blockRows);
        long columnBlocks = Math.ceilDiv(columns, (long) blockColumns);
        List<Long> expected = new ArrayList<>(extents.subList(0, rank - 2));
        expected.add(rowBlocks);
        expected.add(columnBlocks);
        if (!scale.extents().equals(expected)) {
            throw new CheckpointException(
                    scaleCalled.get() + ", but " + blockRows + "×" + blockColumns + " blocks need " + expected
                            + "; open the checkpoint with the weight_block_size of its config.json");
        }
        long count = rank == 2 ? 1 : extents.getFirst();
        return new BlockScales(
                blockRows, blockColumns, SafetensorsCheckpoint.slices(asFloats(scale, data, scaleCalled), count));
    }

    private static boolean isSingle(SafetensorsTensor scale) {
        return scale.extents().isEmpty() || scale.extents().equals(List.of(1L));
    }

    private static MemorySegment asFloats(SafetensorsTensor scale, MemorySegment data, Supplier<String> called) {
        return switch (scale.type()) {
            case F32 -> data;
            case BF16, F16 -> widen(scale.type(), data);
            default -> throw new CheckpointException(called.get() + "; scales have to be F32, BF16 or F16");
        };
    }

    private static MemorySegment widen(SafetensorsType type, MemorySegment halves) {
        long n = halves.byteSize() / HALF.byteSize();
        MemorySegment floats = Arena.ofAuto().allocate(n * FLOAT.byteSize(), FLOAT.byteSize());
        for (long i = 0; i < n; i++) {
            short half = halves.get(HALF, i * HALF.byteSize());
            float value = type == SafetensorsType.BF16 ? Float.intBitsToFloat(half << 16) : Float.float16ToFloat(half);
            floats.set(FLOAT, i * FLOAT.byteSize(), value);
        }
        return floats;
    }
}
