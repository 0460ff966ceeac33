package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.sluice.backend.OpTiming;
import org.sluice.graph.Node;
import org.sluice.tensor.Weight;

/** Sums of what pieces of work took. Not safe for use by several threads. */
public final class WorkTimes {
    private static final class Sum {
        private long nanos;
    }

    private final List<Work> works;
    private final IdentityHashMap<Work, Sum> sums = new IdentityHashMap<>();
    private long steps;

    /** Nothing measured. */
    public WorkTimes(List<Work> works) {
        this.works = works;
        works.forEach(w -> sums.put(w, new Sum()));
    }

    /** Forgets everything. */
    public void clear() {
        steps = 0;
        sums.values().forEach(s -> s.nanos = 0);
    }

    /** Counts a step. */
    public void step() {
        steps++;
    }

    /** Adds the time of a part of a piece of work. */
    public void add(Work work, long nanos) {
        Sum sum = sums.get(work);
        if (sum != null) {
            sum.nanos += nanos;
        }
    }

    /** One line for each piece of work, which may be several operations. */
    public List<OpTiming> timings() {
        List<OpTiming> all = new ArrayList<>();
        for (Work w : works) {
            Node n = w.nodes().getFirst();
            String kinds = w.nodes().stream().map(m -> m.op().kind()).collect(Collectors.joining("+"));
            List<Weight> weights =
                    w.nodes().stream().flatMap(m -> m.op().constants().stream()).toList();
            String detail = !weights.isEmpty()
                    ? weights.getFirst().name()
                    : n.op().states().isEmpty()
                            ? ""
                            : n.op().states().getFirst().name();
            Sum sum = sums.get(w);
            all.add(new OpTiming(
                    n.scope(),
                    kinds,
                    detail,
                    steps,
                    sum == null ? 0 : sum.nanos,
                    weights.stream().mapToLong(Weight::bytes).sum()));
        }
        return all;
    }
}
