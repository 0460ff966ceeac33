package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.GatherRows;
import org.sluice.graph.Op;

/** {@link GatherRows}: rows in any order, twice, or none at all. */
final class GatherRowsCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return GatherRows.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("GatherRows");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateless(gen)) {
            int width = gen.between(1, 40);
            Single c = new Single("width " + width, Layouts.wanting(layout, gen));
            c.output("y", c.graph().gatherRows(c.floats("x", width, rows -> gen.rows(rows, width))));
            c.expect(Expect.equal("y"));
            all.add(c.build());
        }
        return all;
    }
}
