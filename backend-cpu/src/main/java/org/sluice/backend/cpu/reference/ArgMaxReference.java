package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.ArgMax;

/** {@link ArgMax}: index of the largest element. */
record ArgMaxReference(Rows x, Rows y) implements Exec {
    static ArgMaxReference of(ArgMax op, long y, Binding b) {
        return new ArgMaxReference(Rows.of(op.x(), b), new Rows(y, op.x().rows(), 1));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            int best = 0;
            for (int i = 1; i < x.width(); i++) {
                if (x.get(r, i) > x.get(r, best)) {
                    best = i;
                }
            }
            y.setInt(r, 0, best);
        }
    }
}
