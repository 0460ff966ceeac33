package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * Index of the largest element of each row; the smaller index among equals.
 *
 * @param x F32 {@code [rows, n]}; the result is I32 {@code [rows, 1]}
 */
public record ArgMax(Value x) implements Op {
    /** Checks the shapes. */
    public ArgMax {
        Op.check(Op.isFloats(x), "ArgMax: %s is not F32 rows", x);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.i32(x.rows(), 1));
    }
}
