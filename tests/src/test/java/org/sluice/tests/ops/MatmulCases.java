package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.Matmul;
import org.sluice.graph.Op;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/** {@link Matmul}: weights of every type. */
final class MatmulCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return Matmul.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("Matmul");
        List<OpCase> all = new ArrayList<>();
        for (DType t : Gen.realTypes()) {
            all.add(product(gen, gen.weight("w", t, gen.pick(1, 3, 17, 40), gen.columns(t)), Layouts.one()));
            all.add(product(gen, gen.weight("w", t, gen.between(200, 400), gen.columns(t)), Layouts.one()));
            all.add(product(gen, gen.weight("w", t, gen.between(5, 70), gen.columns(t)), Layouts.few(gen)));
            all.add(product(gen, gen.weight("w", t, gen.between(30, 150), gen.columns(t)), Layouts.many(gen)));
        }
        for (DType t : List.of(DType.F8_E4M3, DType.BF16)) {
            for (List<Action> layout : Layouts.stateless(gen)) {
                all.add(product(gen, gen.scaled("w", t, 128, 128, 200, 333), layout));
                all.add(product(gen, gen.scaled("w", t, gen.between(3, 40), gen.between(5, 70), 61, 150), layout));
            }
        }
        all.add(outputs(gen, gen.weight("head", DType.BF16, 300, 70)));
        all.add(outputs(gen, gen.weight("head", DType.Q6_K, 100, 256)));
        return all;
    }

    static OpCase product(Gen gen, Weight w, List<Action> layout) {
        int in = (int) w.columns();
        Products products = Products.of(w);
        Single c = new Single(w + scales(w), layout);
        c.output("y", c.graph().matmul(w, c.floats("x", in, rows -> gen.rows(rows, in))));
        c.near(
                "y",
                (run, row, arithmetic) ->
                        products.times(c.row("x", in, run, row), arithmetic).errors());
        return c.build();
    }

    /** Behind a choice of rows, as the head of a model is. */
    private static OpCase outputs(Gen gen, Weight w) {
        int in = (int) w.columns();
        Products products = Products.of(w);
        List<Action> layout = Layouts.wanting(Layouts.mixed(gen), gen);
        Single c = new Single(w + " over outputs", layout);
        Value x = c.floats("x", in, rows -> gen.rows(rows, in));
        c.output("y", c.graph().matmul(w, c.graph().gatherRows(x)));
        c.nearOutputs(
                "y",
                (run, row, arithmetic) ->
                        products.times(c.row("x", in, run, row), arithmetic).errors());
        return c.build();
    }

    private static String scales(Weight w) {
        return w.scales() == null
                ? ""
                : " scales " + w.scales().blockRows() + "×" + w.scales().blockColumns();
    }
}
