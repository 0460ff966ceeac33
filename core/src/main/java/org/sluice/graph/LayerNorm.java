package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Layer norm of each row.
 *
 * <p>{@code y = (x − mean(x)) / sqrt(variance(x) + eps) · w + b}
 *
 * @param x F32 {@code [rows, n]}
 * @param weight {@code [n]}
 * @param bias {@code [n]}
 * @param epsilon added to the variance
 */
public record LayerNorm(Value x, Weight weight, Weight bias, float epsilon) implements Op {
    /** Checks the shapes. */
    public LayerNorm {
        Op.check(Op.isFloats(x), "LayerNorm: %s is not F32 rows", x);
        Op.check(Op.isVector(weight, x.width()), "LayerNorm: weight %s does not fit %s", weight, x);
        Op.check(Op.isVector(bias, x.width()), "LayerNorm: bias %s does not fit %s", bias, x);
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
        return List.of(weight, bias);
    }
}
