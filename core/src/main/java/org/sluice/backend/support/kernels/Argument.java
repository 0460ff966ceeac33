package org.sluice.backend.support.kernels;

import java.util.List;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/** What a kernel is handed. Most are one argument of the kernel, some stand for several in a fixed order. */
public sealed interface Argument {
    /** Where a value lies in the workspace. */
    record Place(Value value) implements Argument {}

    /** A norm weight or a bias, as F32. */
    record Vector(Weight weight) implements Argument {}

    /** A pointer that the kernel does not look at. */
    record Nothing() implements Argument {}

    /** The facts of the step, as {@code step.h} says. */
    record StepFacts() implements Argument {}

    /** A 32-bit integer. */
    record Int32(int value) implements Argument {}

    /** A 64-bit integer. */
    record Int64(long value) implements Argument {}

    /** A float. */
    record Float32(float value) implements Argument {}

    /**
     * Matrices of one type, one behind the other, slice by slice: {@code WEIGHT_ARGUMENTS} of {@code weight.h}, which are data,
     * grid, scales, and rows and columns of a block of scales.
     */
    record Matrices(List<Weight> weights) implements Argument {
        /** Their common type. */
        public DType type() {
            return weights.getFirst().dtype();
        }

        /** Whether scales stand beside them. */
        public boolean scaled() {
            return weights.getFirst().scales() != null;
        }

        /** Rows of the matrix that share a scale. */
        public int blockRows() {
            BlockScales s = weights.getFirst().scales();
            return s == null ? 1 : s.blockRows();
        }

        /** Columns of the matrix that share a scale. */
        public int blockColumns() {
            BlockScales s = weights.getFirst().scales();
            return s == null ? 1 : s.blockColumns();
        }
    }

    /**
     * The pages of sequences: {@code SLABS} of {@code step.h}, which are {@link Slabs#MOST} pointers, the elements of a page and
     * where the state starts in it.
     *
     * @param state whose rows are meant
     * @param pageFloats length of a page in F32 elements
     * @param stateAt where the state starts in a page, in F32 elements
     */
    record Pages(State state, long pageFloats, long stateAt) implements Argument {}
}
