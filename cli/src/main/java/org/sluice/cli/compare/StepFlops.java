package org.sluice.cli.compare;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sluice.cli.bench.StepReads;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.Graph;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.Matmul;
import org.sluice.graph.Node;
import org.sluice.graph.Op;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/**
 * Floating-point operations of a decode step of one row: a multiplication and an addition for each element of every matrix
 * that meets a vector, and for each cached number that meets a query. What is done once per element of a row (norms,
 * rotations, gates) is not counted.
 */
public final class StepFlops {
    private StepFlops() {}

    /** Operations by kind of operation of the graph, with so many tokens in the cache. */
    public static Map<String, Long> of(Graph graph, int context) {
        Map<String, Long> all = new LinkedHashMap<>();
        boolean scored = StepReads.scored(graph, context);
        for (Node n : graph.nodes()) {
            all.merge(n.op().kind(), of(n.op(), context, scored), Long::sum);
        }
        return all;
    }

    /** Operations among them that are made for wanted rows only: those of the head and of most of the last layer. */
    public static long ofWanted(Graph graph, int context) {
        boolean scored = StepReads.scored(graph, context);
        long sum = 0;
        for (Node n : graph.nodes()) {
            if (!n.outputs().isEmpty() && n.outputs().getFirst().rows() == Shape.OUTPUTS) {
                sum += of(n.op(), context, scored);
            }
        }
        return sum;
    }

    private static long of(Op op, int context, boolean scored) {
        return switch (op) {
            case Matmul m -> 2 * m.weight().rows() * m.weight().columns();
            case HeadMatmul m ->
                2L * m.matrix().heads() * m.matrix().inputWidth() * m.matrix().outputWidth();
            case ExpertFeedForward e ->
                2L * e.experts().width() * (matrix(e.gate()) + matrix(e.up()) + matrix(e.down()));
            case LatentAttention a -> {
                long seen = a.selection() == null
                        ? context
                        : Math.min(context, a.selection().width());
                // a score from latent and rotated part, then the weighted sum of latents
                yield 2
                        * seen
                        * a.heads()
                        * (2L * a.cache().latent() + a.cache().rope());
            }
            case IndexScores s -> scored ? 2L * context * s.heads() * s.cache().width() : 0;
            default -> 0;
        };
    }

    /** Elements of one matrix of a bank. */
    private static long matrix(Weight bank) {
        return bank.rows() * bank.columns();
    }
}
