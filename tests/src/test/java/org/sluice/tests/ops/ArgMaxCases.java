package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.ArgMax;
import org.sluice.graph.Op;

/** {@link ArgMax}: comparisons are exact everywhere, so is the smaller index among equals. */
final class ArgMaxCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return ArgMax.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("ArgMax");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (int width : new int[] {1, gen.between(2, 7), gen.between(9, 40), gen.between(200, 3000)}) {
                for (boolean ties : new boolean[] {false, true}) {
                    Single c = new Single("width " + width + (ties ? " with ties" : ""), layout);
                    c.output("y", c.graph().argMax(c.floats("x", width, rows -> values(gen, rows, width, ties))));
                    c.expect(Expect.equal("y"));
                    all.add(c.build());
                }
            }
        }
        return all;
    }

    /** Normal numbers, or few different ones, now and then below zero throughout or infinite. */
    static float[] values(Gen gen, int rows, int width, boolean ties) {
        float[] v = ties ? gen.whole(rows * width, -2, 2) : gen.rows(rows, width);
        for (int r = 0; r < rows; r++) {
            int kind = gen.between(0, 5);
            for (int i = r * width; i < (r + 1) * width && kind < 2; i++) {
                v[i] = kind == 0 ? -Math.abs(v[i]) - 1 : gen.flip() ? Float.NEGATIVE_INFINITY : v[i];
            }
        }
        return v;
    }
}
