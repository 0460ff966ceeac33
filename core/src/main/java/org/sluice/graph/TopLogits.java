package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * The k largest elements of each row with their indices, largest first; the smaller index first among equals.
 *
 * @param x F32 {@code [rows, n]}
 * @param k how many; results are I32 {@code [rows, k]} and F32 {@code [rows, k]}
 */
public record TopLogits(Value x, int k) implements Op {
    /** Checks the shapes. */
    public TopLogits {
        Op.check(Op.isFloats(x) && k > 0 && k <= x.width(), "TopLogits: top %s of %s", k, x);
    }

    @Override
    public List<Value> inputs() {
        return List.of(x);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.i32(x.rows(), k), Op.f32(x.rows(), k));
    }
}
