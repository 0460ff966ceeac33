package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.SwiGlu;

/** {@link SwiGlu}: gate · sigmoid(gate) · up. */
record SwiGluReference(Rows gate, Rows up, Rows y) implements Exec {
    static SwiGluReference of(SwiGlu op, long y, Binding b) {
        return new SwiGluReference(Rows.of(op.gate(), b), Rows.of(op.up(), b), Rows.at(op.gate(), y));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            for (int i = 0; i < y.width(); i++) {
                y.set(r, i, silu(gate.get(r, i)) * up.get(r, i));
            }
        }
    }

    /** {@code g / (1 + e^−g)}. */
    static double silu(double g) {
        return g / (1 + Math.exp(-g));
    }
}
