package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.GatherRows;
import org.sluice.tensor.Shape;

/** {@link GatherRows}: the rows whose result is wanted. */
record GatherRowsReference(Rows x, Rows y) implements Exec {
    static GatherRowsReference of(GatherRows op, long y, Binding b) {
        return new GatherRowsReference(
                Rows.of(op.x(), b), new Rows(y, Shape.OUTPUTS, op.x().width()));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            for (int i = 0; i < x.width(); i++) {
                y.set(r, i, x.get(step.outputRow[r], i));
            }
        }
    }
}
