package org.sluice.cli.bench;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.sluice.backend.MemoryPlan;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.Embed;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.Graph;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.Node;
import org.sluice.graph.Op;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.State;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.Weight;

/** What a decode step of one sequence must read: every dense weight, the chosen experts, the visible part of the caches. */
public final class StepReads {
    private final Graph graph;
    private final double latentRow;
    private final double indexRow;

    /**
     * Counts for a graph.
     *
     * @param plan says how many bytes the backend keeps for a token
     */
    public StepReads(Graph graph, MemoryPlan plan) {
        this.graph = graph;
        long latents = graph.states().stream()
                .filter(State.LatentCache.class::isInstance)
                .count();
        long indexes = graph.states().size() - latents;
        latentRow = latents == 0 ? 0 : (double) plan.latentPerToken() / latents;
        indexRow = indexes == 0 ? 0 : (double) plan.indexPerToken() / indexes;
    }

    /** Bytes by kind of operation. */
    public Map<String, Long> bytes(int context) {
        Map<String, Long> all = new LinkedHashMap<>();
        SplittableRandom any = new SplittableRandom(0);
        for (Node n : graph.nodes()) {
            long sum = weights(n.op(), any).stream()
                            .mapToLong(MemorySegment::byteSize)
                            .sum()
                    + cache(n.op(), context);
            all.merge(n.op().kind(), sum, Long::sum);
        }
        return all;
    }

    /** Bytes of the caches. */
    long cacheBytes(int context) {
        return graph.nodes().stream().mapToLong(n -> cache(n.op(), context)).sum();
    }

    /** The weights of one step where they lie, experts at random. */
    List<MemorySegment> weights(SplittableRandom random) {
        List<MemorySegment> all = new ArrayList<>();
        graph.nodes().forEach(n -> all.addAll(weights(n.op(), random)));
        return all;
    }

    private static List<MemorySegment> weights(Op op, SplittableRandom random) {
        List<MemorySegment> all = new ArrayList<>();
        switch (op) {
            case Embed e -> {
                Weight t = e.table();
                all.add(t.data().asSlice(random.nextLong(t.rows()) * t.rowBytes(), t.rowBytes()));
            }
            case ExpertFeedForward e -> {
                int[] chosen = random.ints(0, e.gate().slices().size())
                        .distinct()
                        .limit(e.experts().width())
                        .toArray();
                for (Weight w : e.constants()) {
                    for (int i : chosen) {
                        all.add(w.slices().get(i));
                        BlockScales s = w.scales();
                        if (s != null) {
                            all.add(s.slices().get(i));
                        }
                    }
                }
            }
            default -> {
                for (Weight w : op.constants()) {
                    all.addAll(w.slices());
                    BlockScales s = w.scales();
                    if (s != null) {
                        all.addAll(s.slices());
                    }
                }
            }
        }
        return all;
    }

    private long cache(Op op, int context) {
        return switch (op) {
            case LatentAttention a -> {
                int seen = a.selection() == null
                        ? context
                        : Math.min(context, a.selection().width());
                yield Math.round(seen * latentRow);
            }
            case IndexScores s -> scored(graph, context) ? Math.round(context * indexRow) : 0;
            case AppendLatent w -> Math.round(latentRow);
            case AppendIndexKey w -> Math.round(indexRow);
            default -> 0;
        };
    }

    /** Whether scores are looked at: selections that take the whole context need none. */
    public static boolean scored(Graph graph, int context) {
        return graph.nodes().stream().anyMatch(n -> n.op() instanceof SelectTopK s && context > s.k());
    }
}
