package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * Rows side by side: {@code y[r] = a[r] ++ b[r]}.
 *
 * @param a F32 {@code [rows, n]}
 * @param b F32 {@code [rows, m]}
 */
public record Concat(Value a, Value b) implements Op {
    /** Checks the shapes. */
    public Concat {
        Op.check(Op.isFloats(a) && Op.isFloats(b) && a.rows() == b.rows(), "Concat: %s and %s differ in rows", a, b);
    }

    @Override
    public List<Value> inputs() {
        return List.of(a, b);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.f32(a.rows(), (long) a.width() + b.width()));
    }
}
