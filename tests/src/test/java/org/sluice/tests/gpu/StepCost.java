package org.sluice.tests.gpu;

import java.util.Map;
import org.sluice.backend.MemoryPlan;
import org.sluice.cli.bench.StepReads;
import org.sluice.cli.compare.StepFlops;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.Graph;

/** What steps must read and compute at least, counted from their graph. */
final class StepCost {
    private final Graph graph;
    private final StepReads reads;

    StepCost(Graph graph, MemoryPlan plan) {
        this.graph = graph;
        reads = new StepReads(graph, plan);
    }

    /**
     * Bytes of a decode step of sequences with so many tokens each: every dense weight once, {@link #distinctExperts}, and the
     * caches of all rows.
     */
    double bytes(int rows, int context) {
        double sum = 0;
        for (Map.Entry<String, Long> e : reads.bytes(context).entrySet()) {
            sum += e.getValue()
                    * switch (e.getKey()) {
                        case "ExpertFeedForward" -> distinctExperts(rows) / distinctExperts(1);
                        case "Embed", "LatentAttention", "IndexScores", "AppendLatent", "AppendIndexKey" -> rows;
                        default -> 1;
                    };
        }
        return sum;
    }

    /** Experts of a layer that rows which choose at random touch together, on average; exact for one row. 1 without experts. */
    double distinctExperts(int rows) {
        return graph.nodes().stream()
                .filter(n -> n.op() instanceof ExpertFeedForward)
                .map(n -> (ExpertFeedForward) n.op())
                .findFirst()
                .map(e -> {
                    double all = e.gate().slices().size();
                    return all * (1 - Math.pow(1 - e.experts().width() / all, rows));
                })
                .orElse(1.0);
    }

    /** Floating-point operations of a prompt of which only the last row's result is wanted. */
    double prefillFlops(int tokens) {
        long wanted = StepFlops.ofWanted(graph, tokens);
        double sum = wanted;
        for (int context = 1; context <= tokens; context++) {
            sum += StepFlops.of(graph, context).values().stream()
                            .mapToLong(Long::longValue)
                            .sum()
                    - wanted;
        }
        return sum;
    }
}
