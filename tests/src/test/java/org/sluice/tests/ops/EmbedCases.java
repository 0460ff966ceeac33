package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.Embed;
import org.sluice.graph.Op;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** {@link Embed}: tables of every type. */
final class EmbedCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return Embed.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("Embed");
        List<OpCase> all = new ArrayList<>();
        for (DType t : Gen.realTypes()) {
            all.add(table(gen, gen.weight("table", t, gen.between(1, 90), gen.columns(t)), Layouts.few(gen)));
        }
        all.add(table(gen, gen.scaled("table", DType.F8_E4M3, 128, 128, 150, 200), Layouts.few(gen)));
        for (List<Action> layout : Layouts.stateless(gen)) {
            all.add(table(gen, gen.weight("table", DType.BF16, 301, 37), layout));
        }
        return all;
    }

    private static OpCase table(Gen gen, Weight table, List<Action> layout) {
        int vocabulary = (int) table.rows();
        int width = (int) table.columns();
        Single c = new Single(table.toString(), layout);
        Value tokens = c.input("tokens", TensorSpec.i32(Shape.ROWS), (i, run) -> {
            int[] t = new int[run.rows()];
            for (int r = 0; r < t.length; r++) {
                t[r] = r == 0 ? vocabulary - 1 : r == 1 ? 0 : gen.between(0, vocabulary - 1);
            }
            return new Data.Ints(t);
        });
        c.output("y", c.graph().embed(table, tokens));
        // scale · code + minimum may be rounded once instead of twice
        boolean fused = table.dtype().isQuantised() || table.scales() != null;
        c.near("y", (run, row, arithmetic) -> {
            double[] bound = new double[width];
            if (fused) {
                float[] w = Weights.toFloats(table, 0, c.data("tokens", run).ints()[row]);
                float largest = 0;
                for (float v : w) {
                    largest = Math.max(largest, Math.abs(v));
                }
                java.util.Arrays.fill(bound, 2 * Arithmetic.U * largest);
            }
            return bound;
        });
        return c.build();
    }
}
