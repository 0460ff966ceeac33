package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/**
 * The rows of a step whose result is wanted, in the order in which the step names them.
 *
 * @param x F32 {@code [rows, n]}; the result is {@code [outputs, n]}
 */
public record GatherRows(Value x) implements Op {
    /** Checks the shapes. */
    public GatherRows {
        Op.check(Op.isFloats(x) && x.rows() == Shape.ROWS, "GatherRows: %s has no row per token", x);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.f32(Shape.OUTPUTS, x.width()));
    }
}
