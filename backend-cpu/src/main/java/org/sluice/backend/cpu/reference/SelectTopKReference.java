package org.sluice.backend.cpu.reference;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.SelectTopK;

/** {@link SelectTopK}: a stable sort by score; the first k, by position. */
record SelectTopKReference(long scores, int k, Rows y) implements Exec {
    static SelectTopKReference of(SelectTopK op, long y, Binding b) {
        return new SelectTopKReference(
                b.address(op.scores()), op.k(), new Rows(y, op.scores().rows(), op.k()));
    }

    @Override
    public void run(StepContext step) {
        for (int r = 0; r < y.count(step); r++) {
            long row = scores + 4L * r * step.context;
            int[] chosen = IntStream.rangeClosed(0, step.position[r])
                    .boxed()
                    .sorted(Comparator.comparingDouble(s -> -(Mem.getFloat(row + 4L * s) + 0.0)))
                    .limit(k)
                    .mapToInt(s -> s)
                    .sorted()
                    .toArray();
            for (int i = 0; i < k; i++) {
                y.setInt(r, i, i < chosen.length ? chosen[i] : -1);
            }
        }
    }
}
