package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.Add;

/** {@link Add}: a + b. */
record AddReference(Rows a, Rows b, Rows y) implements Exec {
    static AddReference of(Add op, long y, Binding b) {
        return new AddReference(Rows.of(op.a(), b), Rows.of(op.b(), b), Rows.at(op.a(), y));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            for (int i = 0; i < y.width(); i++) {
                y.set(r, i, (double) a.get(r, i) + b.get(r, i));
            }
        }
    }
}
