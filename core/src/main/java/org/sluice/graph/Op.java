package org.sluice.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * One model-level operation. Constructors check shapes and throw {@link IllegalArgumentException}; what a backend cannot run
 * it says through its {@code supports}.
 */
public sealed interface Op
        permits Embed,
                RmsNorm,
                LayerNorm,
                Add,
                Concat,
                GatherRows,
                Matmul,
                SwiGlu,
                ApplyRope,
                HeadMatmul,
                AppendLatent,
                LatentAttention,
                AppendIndexKey,
                IndexScores,
                SelectTopK,
                RouteExperts,
                ExpertFeedForward,
                ArgMax,
                TopLogits {
    /** Values it reads. */
    List<Value> inputs();

    /** Specs of its results, in order; empty for the operations that only write a state. */
    List<TensorSpec> outputs();

    /** Constants it reads. */
    default List<Weight> constants() {
        return List.of();
    }

    /** States it reads or writes. */
    default List<State> states() {
        return List.of();
    }

    /** What plans and profiles call this kind of operation. */
    default String kind() {
        return getClass().getSimpleName();
    }

    /** An F32 spec {@code [rows, width]}. */
    static TensorSpec f32(long rows, long width) {
        return TensorSpec.f32(rows, width);
    }

    /** An I32 spec {@code [rows, width]}. */
    static TensorSpec i32(long rows, long width) {
        return TensorSpec.i32(rows, width);
    }

    /** Whether a value is F32 rows of fixed width. */
    static boolean isFloats(Value v) {
        return v.dtype() == DType.F32
                && v.spec().shape().rank() == 2
                && v.spec().shape().last() > 0;
    }

    /** Whether a value is F32 rows of scores over the context. */
    static boolean isScores(Value v) {
        return v.dtype() == DType.F32
                && v.spec().shape().rank() == 2
                && v.spec().shape().last() == Shape.CONTEXT;
    }

    /** Whether a value is I32 with {@code rank} extents. */
    static boolean isInts(Value v, int rank) {
        return v.dtype() == DType.I32 && v.spec().shape().rank() == rank;
    }

    /** Whether a weight is a vector of {@code n} numbers. */
    static boolean isVector(Weight w, long n) {
        return w.shape().rank() == 1 && w.columns() == n && w.dtype().isReal();
    }

    /** Throws {@link IllegalArgumentException} with a formatted message where {@code ok} is false. */
    static void check(boolean ok, String message, @Nullable Object... arguments) {
        if (!ok) {
            throw new IllegalArgumentException(String.format(message, arguments));
        }
    }
}
