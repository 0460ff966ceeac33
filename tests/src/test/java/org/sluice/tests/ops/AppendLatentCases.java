package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.Op;

/**
 * {@link AppendLatent}, read back through attention: to one position, whose latent it then returns as it is, and with
 * queries that only see the rotated part.
 */
final class AppendLatentCases implements OpCases {
    @Override
    public Class<? extends Op> op() {
        return AppendLatent.class;
    }

    @Override
    public List<OpCase> cases() {
        Gen gen = new Gen("AppendLatent");
        List<OpCase> all = new ArrayList<>();
        for (List<Action> layout : Layouts.stateful(gen)) {
            for (int latent : new int[] {1, gen.between(2, 15), gen.between(17, 70)}) {
                all.add(new LatentScene(gen, "one position, ", latent, 1, 1, false, layout).build());
            }
            all.add(new LatentScene(gen, "rotated part, ", 16, 2, 0, true, layout).build());
        }
        return all;
    }
}
