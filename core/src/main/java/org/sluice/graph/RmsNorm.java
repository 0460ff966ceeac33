package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Root mean square norm of each row (Zhang and Sennrich, arXiv 1910.07467).
 *
 * <p>{@code y = x / sqrt(mean(x²) + eps) · w}
 *
 * @param x F32 {@code [rows, n]}
 * @param weight {@code [n]}
 * @param epsilon added to the mean square
 */
public record RmsNorm(Value x, Weight weight, float epsilon) implements Op {
    /** Checks the shapes. */
    public RmsNorm {
        Op.check(Op.isFloats(x), "RmsNorm: %s is not F32 rows", x);
        Op.check(Op.isVector(weight, x.width()), "RmsNorm: weight %s does not fit %s", weight, x);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(x.spec());
    }

    @Override
    public List<Weight> constants() {
        return List.of(weight);
    }
}
