package org.sluice.backend.opencl;

import org.sluice.backend.support.kernels.Argument;
import org.sluice.backend.support.kernels.Call;
import org.sluice.graph.Embed;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.Op;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;

/** How much there is to do in a call. */
final class CallSize {
    /** Passes over its scores that a selection takes. */
    private static final int PASSES = 6;

    private CallSize() {}

    /** About how many products, or steps that take as long, a call takes for each row of a step of that context. */
    static long products(Call call, int context) {
        Op op = call.op();
        return switch (op) {
            case Embed e -> e.table().columns();
            case HeadMatmul h ->
                (long) h.matrix().heads()
                        * h.matrix().rows()
                        * h.matrix().weight().columns();
            case ExpertFeedForward e ->
                e.experts().width() * matrices(call) / e.gate().shape().extent(0);
            case IndexScores i -> (long) i.heads() * i.cache().width() * context;
            case LatentAttention a -> {
                Value selection = a.selection();
                int seen = selection == null ? context : Math.min(context, selection.width());
                yield (long) a.heads()
                        * seen
                        * (2L * a.cache().latent() + a.cache().rope());
            }
            case SelectTopK s -> (long) PASSES * context;
            case RouteExperts r -> (long) r.logits().width() * r.logits().width();
            default -> matrices(call);
        };
    }

    private static long matrices(Call call) {
        return call.arguments().stream()
                .filter(Argument.Matrices.class::isInstance)
                .flatMap(a -> ((Argument.Matrices) a).weights().stream())
                .map(Weight::shape)
                .mapToLong(s -> s.elements())
                .sum();
    }
}
