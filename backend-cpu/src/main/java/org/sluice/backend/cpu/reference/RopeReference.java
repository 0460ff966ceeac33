package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.ApplyRope;

/** {@link ApplyRope}: turns a part of every head, copies the rest. */
record RopeReference(ApplyRope op, Rows x, Rows y) implements Exec {
    static RopeReference of(ApplyRope op, long y, Binding b) {
        return new RopeReference(op, Rows.of(op.x(), b), Rows.at(op.x(), y));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            double[] v = new double[x.width()];
            for (int i = 0; i < v.length; i++) {
                v[i] = x.get(r, i);
            }
            for (int h = 0; h < op.heads(); h++) {
                Turn.apply(op.rope(), step.position[r], v, h * op.headWidth() + op.offset());
            }
            for (int i = 0; i < v.length; i++) {
                y.set(r, i, v[i]);
            }
        }
    }
}
