package org.sluice.graph;

import java.util.List;
import org.sluice.tensor.TensorSpec;

/**
 * Gated unit (Shazeer, arXiv 2002.05202): {@code y = gate · sigmoid(gate) · up}.
 *
 * @param gate F32 {@code [rows, n]}
 * @param up the same shape
 */
public record SwiGlu(Value gate, Value up) implements Op {
    /** Checks the shapes. */
    public SwiGlu {
        Op.check(Op.isFloats(gate) && gate.spec().equals(up.spec()), "SwiGlu: %s and %s differ", gate, up);
    }

    @Override
    public List<Value> inputs() {
        return List.of(gate, up);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(gate.spec());
    }
}
