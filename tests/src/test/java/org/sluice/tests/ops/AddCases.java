package org.sluice.tests.ops;

import java.util.List;
import org.sluice.graph.Add;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Op;

/** {@link Add}: one rounding, so every device gives the same bits. */
final class AddCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return Add.class;
    }

    @Override
    public List<OpCase> cases() {
        return PairCases.cases(new Gen("Add"), GraphBuilder::add, (a, b) -> 0);
    }
}
