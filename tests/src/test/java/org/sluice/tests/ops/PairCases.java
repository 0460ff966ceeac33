package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Value;

/** Cases of operations on two values, element by element. */
final class PairCases {
    private PairCases() {}

    static List<OpCase> cases(Gen gen, Formula formula, Bound bound) {
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (int width : new int[] {1, gen.between(2, 7), gen.between(9, 31), gen.between(33, 300), 256}) {
                Single c = new Single("width " + width, layout);
                BiFunction<String, Integer, Value> in = (name, w) -> c.floats(name, w, rows -> gen.rows(rows, w));
                c.output("y", formula.apply(c.graph(), in.apply("a", width), in.apply("b", width)));
                c.near("y", (run, row, arithmetic) -> {
                    double[] a = c.row("a", width, run, row).values();
                    double[] b = c.row("b", width, run, row).values();
                    double[] e = new double[width];
                    for (int i = 0; i < width; i++) {
                        e[i] = bound.of(a[i], b[i]);
                    }
                    return e;
                });
                all.add(c.build());
            }
        }
        return all;
    }

    /** Writes the operation down. */
    interface Formula {
        Value apply(GraphBuilder g, Value a, Value b);
    }

    /** How far one element may be off. */
    interface Bound {
        double of(double a, double b);
    }
}
