package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.IndexScores;
import org.sluice.graph.Op;

/** {@link IndexScores}: weights of both signs, zero weights, exact numbers. */
final class IndexScoresCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return IndexScores.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("IndexScores");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateful(gen)) {
            for (int width : new int[] {2, gen.between(3, 15), gen.between(17, 70), 64}) {
                all.add(new IndexScene(gen, "", IndexScene.Numbers.ANY, width, gen.between(1, 9), layout)
                        .showScores()
                        .build());
            }
            all.add(new IndexScene(gen, "", IndexScene.Numbers.ZERO_WEIGHTS, 16, 3, layout)
                    .showScores()
                    .build());
            all.add(new IndexScene(gen, "", IndexScene.Numbers.WHOLE, 6, 4, layout)
                    .showScores()
                    .build());
        }
        return all;
    }
}
