package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link ExpertFeedForward}: Σ_k weight[k] · down_e(silu(gate_e x) · up_e x). */
record ExpertFeedForwardReference(ExpertFeedForward op, Rows x, Rows ids, Rows weights, Rows y) implements Exec {
    static ExpertFeedForwardReference of(ExpertFeedForward op, long y, Binding b) {
        return new ExpertFeedForwardReference(
                op, Rows.of(op.x(), b), Rows.of(op.experts(), b), Rows.of(op.weights(), b), Rows.at(op.x(), y));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            double[] input = new double[x.width()];
            for (int i = 0; i < input.length; i++) {
                input[i] = x.get(r, i);
            }
            double[] sum = new double[x.width()];
            for (int k = 0; k < ids.width(); k++) {
                int e = ids.getInt(r, k);
                double[] inner = multiply(op.gate(), e, input);
                double[] up = multiply(op.up(), e, input);
                for (int i = 0; i < inner.length; i++) {
                    inner[i] = SwiGluReference.silu(inner[i]) * up[i];
                }
                double[] out = multiply(op.down(), e, inner);
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += weights.get(r, k) * out[i];
                }
            }
            for (int i = 0; i < sum.length; i++) {
                y.set(r, i, sum[i]);
            }
        }
    }

    private static double[] multiply(Weight bank, int slice, double[] x) {
        double[] y = new double[(int) bank.rows()];
        for (int o = 0; o < y.length; o++) {
            float[] w = Weights.toFloats(bank, slice, o);
            for (int k = 0; k < w.length; k++) {
                y[o] += w[k] * x[k];
            }
        }
        return y;
    }
}
