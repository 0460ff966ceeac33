package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.graph.Add;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.ArgMax;
import org.sluice.graph.Concat;
import org.sluice.graph.Embed;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.GatherRows;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.LayerNorm;
import org.sluice.graph.Matmul;
import org.sluice.graph.Node;
import org.sluice.graph.RmsNorm;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.SwiGlu;
import org.sluice.graph.TopLogits;

/** Chooses the reference of an operation. */
public final class References {
    private References() {}

    /** The reference of a node's operation over the node's buffers. */
    public static Exec of(Node node, Binding b) {
        return switch (node.op()) {
            case Embed op -> EmbedReference.of(op, out(node, 0, b), b);
            case RmsNorm op -> RmsNormReference.of(op, out(node, 0, b), b);
            case LayerNorm op -> LayerNormReference.of(op, out(node, 0, b), b);
            case Add op -> AddReference.of(op, out(node, 0, b), b);
            case Concat op -> ConcatReference.of(op, out(node, 0, b), b);
            case GatherRows op -> GatherRowsReference.of(op, out(node, 0, b), b);
            case Matmul op -> MatmulReference.of(op, out(node, 0, b), b);
            case SwiGlu op -> SwiGluReference.of(op, out(node, 0, b), b);
            case ApplyRope op -> RopeReference.of(op, out(node, 0, b), b);
            case HeadMatmul op -> HeadMatmulReference.of(op, out(node, 0, b), b);
            case AppendLatent op -> AppendLatentReference.of(op, b);
            case LatentAttention op -> LatentAttentionReference.of(op, out(node, 0, b), b);
            case AppendIndexKey op -> AppendIndexKeyReference.of(op, b);
            case IndexScores op -> IndexScoresReference.of(op, out(node, 0, b), b);
            case SelectTopK op -> SelectTopKReference.of(op, out(node, 0, b), b);
            case RouteExperts op -> RouteExpertsReference.of(op, out(node, 0, b), out(node, 1, b), b);
            case ExpertFeedForward op -> ExpertFeedForwardReference.of(op, out(node, 0, b), b);
            case ArgMax op -> ArgMaxReference.of(op, out(node, 0, b), b);
            case TopLogits op -> TopLogitsReference.of(op, out(node, 0, b), out(node, 1, b), b);
        };
    }

    private static long out(Node node, int i, Binding b) {
        return b.address(node.outputs().get(i));
    }
}
