package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Product of each row with a matrix: {@code y[r][o] = Σ_k W[o][k] · x[r][k]}.
 *
 * @param weight {@code [out, in]}, any real type
 * @param x F32 {@code [rows, in]}; the result is F32 {@code [rows, out]}
 */
public record Matmul(Weight weight, Value x) implements Op {
    /** Checks the shapes. */
    public Matmul {
        Op.check(weight.shape().rank() == 2, "Matmul: weight %s is no matrix", weight);
        Op.check(Op.isFloats(x) && x.width() == weight.columns(), "Matmul: %s does not fit weight %s", x, weight);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.f32(x.rows(), weight.rows()));
    }

    @Override
    public List<Weight> constants() {
        return List.of(weight);
    }
}
