package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.Op;

/** {@link AppendIndexKey}, read back element by element through scores. */
final class AppendIndexKeyCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return AppendIndexKey.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("AppendIndexKey");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateful(gen)) {
            for (int width : new int[] {2, gen.between(3, 15), gen.between(17, 40), 128}) {
                all.add(new IndexScene(gen, "", IndexScene.Numbers.READ_BACK, width, 2, layout)
                        .showScores()
                        .build());
            }
        }
        return all;
    }
}
