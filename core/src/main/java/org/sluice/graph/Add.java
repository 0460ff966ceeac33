package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * Sum of two values, element by element.
 *
 * @param a F32 {@code [rows, n]}
 * @param b the same shape
 */
public record Add(Value a, Value b) implements Op {
    /** Checks the shapes. */
    public Add {
        Op.check(Op.isFloats(a) && a.spec().equals(b.spec()), "Add: %s and %s differ", a, b);
    }

    @Override
    public List<Value> inputs() {
        return List.of(a, b);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(a.spec());
    }
}
