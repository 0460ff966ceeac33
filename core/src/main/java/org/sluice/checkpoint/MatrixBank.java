package org.sluice.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/** Gathers matrices that a checkpoint stores one by one into one weight of rank 3. */
final class MatrixBank {
    /** Stands in a pattern where the number of the matrix goes. */
    static final String NUMBER = "{e}";

    private MatrixBank() {}

    static Weight gather(Checkpoint checkpoint, String pattern, int count, long rows, long columns) {
        List<MemorySegment> slices = new ArrayList<>(count);
        List<MemorySegment> scales = new ArrayList<>(count);
        Weight first = checkpoint.require(pattern.replace(NUMBER, "0"), rows, columns);
        for (int e = 0; e < count; e++) {
            Weight w = checkpoint.require(pattern.replace(NUMBER, Integer.toString(e)), rows, columns);
            if (w.dtype() != first.dtype() || !sameBlocks(w.scales(), first.scales())) {
                throw new CheckpointException(
                        checkpoint.name() + ": '" + first.name() + "' is " + stored(first) + ", but '" + w.name()
                                + "' is " + stored(w) + "; all matrices of a bank have to be stored alike");
            }
            slices.add(w.data());
            if (w.scales() != null) {
                scales.addAll(w.scales().slices());
            }
        }
        BlockScales blocks = first.scales();
        return new Weight(
                pattern,
                first.dtype(),
                Shape.of(count, rows, columns),
                slices,
                blocks == null ? null : new BlockScales(blocks.blockRows(), blocks.blockColumns(), scales));
    }

    private static boolean sameBlocks(@Nullable BlockScales a, @Nullable BlockScales b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        return a.blockRows() == b.blockRows() && a.blockColumns() == b.blockColumns();
    }

    private static String stored(Weight w) {
        BlockScales s = w.scales();
        return w.dtype()
                + (s == null ? " without scales" : " scaled in " + s.blockRows() + "×" + s.blockColumns() + " blocks");
    }
}
