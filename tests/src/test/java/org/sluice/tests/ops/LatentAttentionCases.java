package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.Op;

/** {@link LatentAttention}: over everything and over selections, empty ones among them, in every layout of a cache. */
final class LatentAttentionCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return LatentAttention.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("LatentAttention");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateful(gen)) {
            for (int selected : new int[] {0, gen.between(1, 5), gen.between(8, 40), 200}) {
                int latent = gen.pick(1, gen.between(2, 15), gen.between(17, 70), 64);
                all.add(new LatentScene(gen, "", latent, gen.between(1, 11), selected, false, layout).build());
            }
        }
        return all;
    }
}
