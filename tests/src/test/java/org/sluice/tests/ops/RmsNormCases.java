package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.Op;
import org.sluice.graph.RmsNorm;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link RmsNorm}: widths from 1 on, rows of any size, zero rows. */
final class RmsNormCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return RmsNorm.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("RmsNorm");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (int width : new int[] {1, gen.between(2, 7), gen.between(9, 31), gen.between(33, 200), 1027}) {
                all.add(norm(gen, width, gen.flip() ? 1e-5f : 1e-6f, layout));
            }
        }
        return all;
    }

    private static OpCase norm(Gen gen, int width, float epsilon, List<Action> layout) {
        Single c = new Single("width " + width, layout);
        Weight w = gen.vector("w", width, 1);
        Value x = c.floats("x", width, rows -> gen.rows(rows, width));
        c.output("y", c.graph().rmsNorm(x, w, epsilon));
        float[] weight = Weights.toFloats(w, 0, 0);
        c.near(
                "y",
                (run, row, arithmetic) ->
                        rms(c.row("x", width, run, row), weight, epsilon).errors());
        return c.build();
    }

    /** The norm of the first {@code w.length} elements, with bounds: squares do not cancel, so errors are relative. */
    static Products.Bounded rms(Products.Bounded x, float[] w, double epsilon) {
        int n = w.length;
        double squares = 0;
        for (int i = 0; i < n; i++) {
            squares += x.values()[i] * x.values()[i];
        }
        double scale = 1 / Math.sqrt(squares / n + epsilon);
        double[] y = new double[n];
        double[] e = new double[n];
        for (int i = 0; i < n; i++) {
            y[i] = x.values()[i] * scale * w[i];
            e[i] = Arithmetic.rel(n) * Math.abs(y[i]);
        }
        return new Products.Bounded(y, e);
    }
}
