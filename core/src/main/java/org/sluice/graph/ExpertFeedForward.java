package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Gated feed-forward of the chosen experts, summed with their weights.
 *
 * <p>{@code y[r] = Σ_k weights[r][k] · down_e (silu(gate_e x[r]) · up_e x[r])} with {@code e = experts[r][k]}, summed in an order that
 * depends on the row alone.
 *
 * @param x F32 {@code [rows, width]}
 * @param experts I32 {@code [rows, k]}, all different within a row
 * @param weights F32 {@code [rows, k]}
 * @param gate bank {@code [experts, inner, width]}
 * @param up bank {@code [experts, inner, width]}
 * @param down bank {@code [experts, width, inner]}
 */
public record ExpertFeedForward(Value x, Value experts, Value weights, Weight gate, Weight up, Weight down)
        implements Op {
    /** Checks the shapes. */
    public ExpertFeedForward {
        Op.check(
                Op.isFloats(x) && Op.isInts(experts, 2) && Op.isFloats(weights) && experts.width() == weights.width(),
                "ExpertFeedForward: %s, %s and %s do not fit",
                x,
                experts,
                weights);
        Op.check(
                gate.shape().rank() == 3
                        && gate.shape().equals(up.shape())
                        && gate.columns() == x.width()
                        && down.shape().rank() == 3
                        && down.columns() == gate.rows()
                        && down.rows() == x.width()
                        && down.slices().size() == gate.slices().size(),
                "ExpertFeedForward: banks %s, %s and %s do not fit",
                gate,
                up,
                down);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x, experts, weights);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(x.spec());
    }

    @Override
    public List<Weight> constants() {
        return List.of(gate, up, down);
    }
}
