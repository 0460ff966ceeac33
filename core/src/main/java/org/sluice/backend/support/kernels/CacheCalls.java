package org.sluice.backend.support.kernels;

import java.util.List;
import org.sluice.backend.support.PageLayout;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.CacheType;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.Rope;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.State;
import org.sluice.graph.Value;

/** Kernels that know positions: rotations, and what writes caches or reads them. */
final class CacheCalls {
    private final List<Call> calls;
    private final PageLayout pages;
    private final GraphFacts facts;
    private final Grids grids;

    CacheCalls(List<Call> calls, PageLayout pages, GraphFacts facts, Grids grids) {
        this.calls = calls;
        this.pages = pages;
        this.facts = facts;
        this.grids = grids;
    }

    void rope(Work w, ApplyRope op, Value y) {
        Call.Builder k = kernel("rope.cl", "apply_rope")
                .place(op.x())
                .place(y)
                .number(op.heads())
                .number(op.headWidth())
                .number(op.offset());
        calls.add(rotation(k, op.rope()).step().launch(w, Launch.rows(op.x())));
    }

    void appendLatent(Work w, AppendLatent op) {
        Call.Builder k = kernel("append.cl", op.cache(), "append_latent")
                .place(op.x())
                .add(new Argument.Vector(op.weight()))
                .number(op.epsilon())
                .number(op.cache().latent());
        rotation(k, op.rope()).add(pages(op.cache())).step();
        calls.add(k.launch(w, Launch.rows(op.x())));
    }

    void appendIndexKey(Work w, AppendIndexKey op) {
        Call.Builder k = kernel("append.cl", op.cache(), "append_index_key")
                .place(op.x())
                .add(new Argument.Vector(op.weight()))
                .add(new Argument.Vector(op.bias()))
                .number(op.epsilon())
                .number(op.x().width());
        rotation(k, op.rope()).add(pages(op.cache())).step();
        calls.add(k.launch(w, Launch.rows(op.x())));
    }

    void indexScores(Work w, IndexScores op, Value y) {
        Call.Builder k = kernel("index_scores.cl", op.cache(), "index_scores")
                .place(op.query())
                .place(op.weights())
                .place(y)
                .number(op.heads())
                .number(op.cache().width())
                .number(op.scale())
                .add(pages(op.cache()))
                .step();
        Launch all = Launch.of(grids.positions(), Axis.of(op.query().rows()));
        calls.add(k.launch(w, all.skippingUpTo(facts.unscored().getOrDefault(y, 0))));
    }

    void select(Work w, SelectTopK op, Value y) {
        Call.Builder k = kernel("select.cl", "select_top_k")
                .place(op.scores())
                .place(y)
                .number(op.k())
                .step();
        calls.add(k.launch(w, Launch.rows(op.scores())));
    }

    void attention(Work w, LatentAttention op, Value y) {
        Value selection = op.selection();
        Call.Builder k = kernel("latent_attention.cl", op.cache(), "latent_attention")
                .place(op.queryLatent())
                .place(op.query())
                .add(selection == null ? new Argument.Nothing() : new Argument.Place(selection))
                .place(y)
                .number(op.heads())
                .number(op.cache().latent())
                .number(op.cache().rope())
                .number(op.query().width() / op.heads())
                .number(op.ropeOffset())
                .number(selection == null ? 0 : selection.width())
                .number(op.scale())
                .add(pages(op.cache()))
                .step();
        calls.add(k.launch(
                w, Launch.of(Axis.of(op.heads()), Axis.of(op.queryLatent().rows()))));
    }

    private static Call.Builder kernel(String file, String name) {
        return new Call.Builder(new Call.Build(file, List.of()), name);
    }

    /** A kernel that is compiled for the type of a cache. */
    private static Call.Builder kernel(String file, State cache, String name) {
        List<String> defines = cache.type() == CacheType.F32 ? List.of() : List.of("CACHE_" + cache.type());
        return new Call.Builder(new Call.Build(file, defines), name);
    }

    private Call.Builder rotation(Call.Builder k, Rope rope) {
        int index = facts.ropes().indexOf(rope);
        if (index < 0) {
            throw new IllegalStateException("rotation " + rope + " has no number");
        }
        return k.number(rope.dims() / 2)
                .number(rope.pairing() == Rope.Pairing.HALF_SPLIT ? 1 : 0)
                .number(index);
    }

    private Argument pages(State s) {
        return new Argument.Pages(s, pages.bytes() / 4, pages.offset(s) / 4);
    }
}
