package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.LayerNorm;
import org.sluice.graph.Op;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link LayerNorm}: widths from 1 on, rows far from zero, constant rows. */
final class LayerNormCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return LayerNorm.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("LayerNorm");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (int width : new int[] {1, gen.between(2, 7), gen.between(9, 31), gen.between(33, 200), 515}) {
                all.add(norm(gen, width, gen.flip() ? 1e-5f : 1e-6f, layout));
            }
        }
        return all;
    }

    private static OpCase norm(Gen gen, int width, float epsilon, List<Action> layout) {
        Single c = new Single("width " + width, layout);
        Weight w = gen.vector("w", width, 1);
        Weight b = gen.vector("b", width, 0);
        Value x = c.floats("x", width, rows -> {
            float[] v = gen.rows(rows, width);
            for (int r = 1; r < rows; r += 3) {
                for (int i = r * width; i < (r + 1) * width; i++) {
                    v[i] += 50;
                }
            }
            return v;
        });
        c.output("y", c.graph().layerNorm(x, w, b, epsilon));
        float[] weight = Weights.toFloats(w, 0, 0);
        float[] bias = Weights.toFloats(b, 0, 0);
        c.near(
                "y",
                (run, row, arithmetic) -> layer(c.row("x", width, run, row), weight, bias, epsilon)
                        .errors());
        return c.build();
    }

    /**
     * The norm, with bounds: the mean of float32 numbers is off by {@code rel · mean|x|}, and so is every difference from
     * it; the variance is off by twice that relative to the deviation.
     */
    static Products.Bounded layer(Products.Bounded x, float[] w, float[] b, double epsilon) {
        int n = w.length;
        double mean = 0;
        double size = 0;
        for (double v : x.values()) {
            mean += v / n;
            size += Math.abs(v) / n;
        }
        double variance = 0;
        for (double v : x.values()) {
            variance += (v - mean) * (v - mean) / n;
        }
        double scale = 1 / Math.sqrt(variance + epsilon);
        double shift = Arithmetic.rel(n) * size;
        double[] y = new double[n];
        double[] e = new double[n];
        for (int i = 0; i < n; i++) {
            double d = x.values()[i] - mean;
            y[i] = d * scale * w[i] + b[i];
            double deviation = Math.abs(d) * scale;
            double relative = Arithmetic.rel(n) + shift * scale * shift * scale;
            e[i] = Math.abs(w[i]) * (deviation * relative + (shift + Arithmetic.U * Math.abs(x.values()[i])) * scale)
                    + 2 * Arithmetic.U * (Math.abs(b[i]) + Math.abs(y[i]));
        }
        return new Products.Bounded(y, e);
    }
}
