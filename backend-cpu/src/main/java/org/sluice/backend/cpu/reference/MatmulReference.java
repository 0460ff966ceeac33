package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.Matmul;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link Matmul}: y[o] = Σ_k W[o][k] · x[k]. */
record MatmulReference(Weight weight, Rows x, Rows y) implements Exec {
    static MatmulReference of(Matmul op, long y, Binding b) {
        return new MatmulReference(
                op.weight(), Rows.of(op.x(), b), new Rows(y, op.x().rows(), (int)
                        op.weight().rows()));
    }

    @Override
    public void run(StepContext step) {
        for (int o = 0; o < y.width(); o++) {
            float[] w = Weights.toFloats(weight, 0, o);
            for (int r = 0; r < y.count(step); r++) {
                double sum = 0;
                for (int k = 0; k < w.length; k++) {
                    sum += (double) w[k] * x.get(r, k);
                }
                y.set(r, o, sum);
            }
        }
    }
}
