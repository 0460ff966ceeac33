package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Op;
import org.sluice.graph.TopLogits;

/** {@link TopLogits}: from one to all, with ties. */
final class TopLogitsCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return TopLogits.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("TopLogits");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            for (int width : new int[] {1, gen.between(2, 9), gen.between(30, 700)}) {
                for (boolean ties : new boolean[] {false, true}) {
                    int k = gen.pick(1, width, gen.between(1, width));
                    Single c = new Single("top " + k + " of " + width + (ties ? " with ties" : ""), layout);
                    GraphBuilder.Top top = c.graph()
                            .topLogits(c.floats("x", width, rows -> ArgMaxCases.values(gen, rows, width, ties)), k);
                    c.output("ids", top.indices()).output("values", top.values());
                    c.expect(Expect.equal("ids")).expect(Expect.equal("values"));
                    all.add(c.build());
                }
            }
        }
        return all;
    }
}
