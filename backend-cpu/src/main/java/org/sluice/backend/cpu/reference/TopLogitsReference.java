package org.sluice.backend.cpu.reference;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.TopLogits;

/** {@link TopLogits}: a stable sort; the first k. */
record TopLogitsReference(Rows x, Rows ids, Rows values) implements Exec {
    static TopLogitsReference of(TopLogits op, long ids, long values, Binding b) {
        return new TopLogitsReference(
                Rows.of(op.x(), b),
                new Rows(ids, op.x().rows(), op.k()),
                new Rows(values, op.x().rows(), op.k()));
    }

    @Override
    public void run(StepContext step) {
        for (int row = 0; row < ids.count(step); row++) {
            int r = row;
            int[] order = IntStream.range(0, x.width())
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -(double) x.get(r, i)))
                    .mapToInt(i -> i)
                    .toArray();
            for (int i = 0; i < ids.width(); i++) {
                ids.setInt(r, i, order[i]);
                values.set(r, i, x.get(r, order[i]));
            }
        }
    }
}
