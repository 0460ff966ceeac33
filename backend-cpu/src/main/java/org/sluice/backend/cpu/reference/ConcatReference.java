package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.Concat;

/** {@link Concat}: a ++ b. */
record ConcatReference(Rows a, Rows b, Rows y) implements Exec {
    static ConcatReference of(Concat op, long y, Binding b) {
        return new ConcatReference(
                Rows.of(op.a(), b),
                Rows.of(op.b(), b),
                new Rows(y, op.a().rows(), op.a().width() + op.b().width()));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            for (int i = 0; i < a.width(); i++) {
                y.set(r, i, a.get(r, i));
            }
            for (int i = 0; i < b.width(); i++) {
                y.set(r, a.width() + i, b.get(r, i));
            }
        }
    }
}
