package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.RmsNorm;
import org.sluice.tensor.quant.Weights;

/** {@link RmsNorm}: x / sqrt(mean(x²) + eps) · w. */
record RmsNormReference(Rows x, float[] weight, double epsilon, Rows y) implements Exec {
    static RmsNormReference of(RmsNorm op, long y, Binding b) {
        return new RmsNormReference(
                Rows.of(op.x(), b), Weights.toFloats(op.weight(), 0, 0), op.epsilon(), Rows.at(op.x(), y));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            double[] v = new double[x.width()];
            for (int i = 0; i < v.length; i++) {
                v[i] = x.get(r, i);
            }
            Norms.rms(v, weight, epsilon);
            for (int i = 0; i < v.length; i++) {
                y.set(r, i, v[i]);
            }
        }
    }
}
