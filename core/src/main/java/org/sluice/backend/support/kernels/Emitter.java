package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.List;
import org.sluice.backend.support.PageLayout;
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
import org.sluice.graph.Value;

/** Turns work into calls of the portable kernels. */
public final class Emitter {
    private final List<Call> calls = new ArrayList<>();
    private final RowCalls rows = new RowCalls(calls);
    private final MatrixCalls matrices;
    private final ExpertCalls experts;
    private final CacheCalls caches;

    private Emitter(PageLayout pages, GraphFacts facts, Grids grids) {
        matrices = new MatrixCalls(calls, grids);
        experts = new ExpertCalls(calls, grids);
        caches = new CacheCalls(calls, pages, facts, grids);
    }

    /** The calls of all work, in order. */
    public static List<Call> calls(Lowering lowering, PageLayout pages, GraphFacts facts, Grids grids) {
        Emitter emitter = new Emitter(pages, facts, grids);
        lowering.works().forEach(emitter::emit);
        return emitter.calls;
    }

    private void emit(Work work) {
        switch (work) {
            case Work.Plain p -> plain(p);
            case Work.Matmuls m -> matrices.matmuls(m);
            case Work.GateUp g -> matrices.gateUp(g);
            case Work.Scratched s -> scratched(s);
        }
    }

    private void plain(Work.Plain w) {
        Node n = w.node();
        switch (n.op()) {
            case Embed op -> matrices.embed(w, op, y(n));
            case HeadMatmul op -> matrices.heads(w, op, y(n));
            case RmsNorm op -> rows.rmsNorm(w, op, y(n));
            case LayerNorm op -> rows.layerNorm(w, op, y(n));
            case Add op -> rows.pair(w, "add_rows", op.a(), op.b(), y(n));
            case SwiGlu op -> rows.pair(w, "swiglu", op.gate(), op.up(), y(n));
            case Concat op -> rows.concat(w, op, y(n));
            case GatherRows op -> rows.gather(w, op, y(n));
            case ArgMax op -> rows.argMax(w, op, y(n));
            case RouteExperts op -> experts.route(w, op, y(n), n.outputs().get(1));
            case ApplyRope op -> caches.rope(w, op, y(n));
            case AppendLatent op -> caches.appendLatent(w, op);
            case AppendIndexKey op -> caches.appendIndexKey(w, op);
            case IndexScores op -> caches.indexScores(w, op, y(n));
            case SelectTopK op -> caches.select(w, op, y(n));
            case LatentAttention op -> caches.attention(w, op, y(n));
            case Matmul op -> throw new IllegalStateException(op + " is lowered with others of its kind");
            case ExpertFeedForward op -> throw new IllegalStateException(op + " needs scratch");
            case TopLogits op -> throw new IllegalStateException(op + " needs scratch");
        }
    }

    private static Value y(Node n) {
        return n.outputs().getFirst();
    }

    private void scratched(Work.Scratched w) {
        switch (w.node().op()) {
            case ExpertFeedForward op -> experts.feedForward(w, op);
            case TopLogits op -> rows.topLogits(w, op);
            default -> throw new IllegalStateException(w + " needs no scratch");
        }
    }
}
