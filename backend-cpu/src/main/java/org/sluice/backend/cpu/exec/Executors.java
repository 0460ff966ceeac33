package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
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

/** Chooses the executor of an operation. */
public final class Executors {
    private Executors() {}

    /** The executor of a node's operation over the node's buffers. */
    public static Exec of(Node node, Binding b, Kernels kernels) {
        return switch (node.op()) {
            case Embed op -> new EmbedExec(op, out(node, 0, b), b);
            case RmsNorm op -> new NormExec(op, out(node, 0, b), b, kernels);
            case LayerNorm op -> new NormExec(op, out(node, 0, b), b, kernels);
            case Add op -> new PairExec(op, out(node, 0, b), b, kernels);
            case SwiGlu op -> new PairExec(op, out(node, 0, b), b, kernels);
            case Concat op -> new CopyExec(op, out(node, 0, b), b);
            case GatherRows op -> new CopyExec(op, out(node, 0, b), b);
            case Matmul op -> new MatmulExec(op, out(node, 0, b), b, kernels);
            case ApplyRope op -> new RopeExec(op, out(node, 0, b), b);
            case HeadMatmul op -> new HeadMatmulExec(op, out(node, 0, b), b, kernels);
            case AppendLatent op -> new AppendExec(op, b, kernels);
            case AppendIndexKey op -> new AppendExec(op, b, kernels);
            case LatentAttention op -> new LatentAttentionExec(op, out(node, 0, b), b, kernels);
            case IndexScores op -> new IndexScoresExec(op, out(node, 0, b), b, kernels);
            case SelectTopK op -> new SelectTopKExec(op, out(node, 0, b), b, kernels);
            case RouteExperts op -> new RouteExpertsExec(op, out(node, 0, b), out(node, 1, b), b);
            case ExpertFeedForward op -> new ExpertsExec(op, out(node, 0, b), b, kernels);
            case ArgMax op -> new TopLogitsExec(op, out(node, 0, b), b, kernels);
            case TopLogits op -> new TopLogitsExec(op, out(node, 0, b), out(node, 1, b), b, kernels);
        };
    }

    /** The executor of a scoring and the selection that alone reads the scores. */
    public static Exec fused(IndexScores scores, Node select, Binding b, Kernels kernels) {
        return new IndexSelectExec(scores, (SelectTopK) select.op(), out(select, 0, b), b, kernels);
    }

    private static long out(Node node, int i, Binding b) {
        return b.address(node.outputs().get(i));
    }
}
