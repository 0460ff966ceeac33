package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.Concat;
import org.sluice.graph.Op;

/** {@link Concat}: numbers moved, none changed. */
final class ConcatCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return Concat.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("Concat");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (int i = 0; i < 3; i++) {
                int a = gen.between(1, 40);
                int b = gen.between(1, 40);
                Single c = new Single("widths " + a + " and " + b, layout);
                c.output(
                        "y",
                        c.graph()
                                .concat(
                                        c.floats("a", a, rows -> gen.rows(rows, a)),
                                        c.floats("b", b, rows -> gen.rows(rows, b))));
                c.expect(Expect.equal("y"));
                all.add(c.build());
            }
        }
        return all;
    }
}
