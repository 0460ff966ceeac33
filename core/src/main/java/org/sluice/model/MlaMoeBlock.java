package org.sluice.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.State;
import org.sluice.graph.Value;

/** The parts of a decoder layer (GLM spec 2), as trunk and draft layer put them together. */
final class MlaMoeBlock {
    private final MlaMoeConfig config;
    private final MlaMoeConfig.Attention a;
    private final GraphBuilder g;
    private final float eps;

    MlaMoeBlock(MlaMoeConfig config, GraphBuilder g) {
        this.config = config;
        this.g = g;
        a = config.attention();
        eps = config.rmsNormEps();
    }

    /** What queries and the indexer start from, {@code [rows, qLoraRank]}. */
    Value compressedQuery(MlaMoeWeights.Layer w, Value h) {
        return g.rmsNorm(g.matmul(w.queryDown(), h), w.queryNorm(), eps);
    }

    /** Appends the rows' keys and scores the context (spec 2.5), {@code [rows, context]}. */
    Value indexScores(String name, MlaMoeWeights.Indexer w, Value h, Value qr) {
        MlaMoeConfig.Indexer ix = config.indexer().orElseThrow();
        State.IndexKeyCache keys = indexKeyCache(name);
        g.appendIndexKey(
                g.matmul(w.key(), h), w.keyNorm(), w.keyNormBias(), MlaMoeConfig.INDEXER_NORM_EPSILON, ix.rope(), keys);
        Value q = g.rope(g.matmul(w.query(), qr), ix.indexNHeads(), 0, ix.rope()); // [rows, heads, indexHeadDim]
        Value headWeights = g.matmul(w.headWeights(), h); // [rows, heads]
        // both scale factors are positive, so they commute with the relu
        float scale = (float) (1 / Math.sqrt((double) ix.indexNHeads() * ix.indexHeadDim()));
        return g.indexScores(q, headWeights, keys, scale);
    }

    State.IndexKeyCache indexKeyCache(String name) {
        return g.indexKeyCache(
                name + ".indexKeys", config.indexer().orElseThrow().indexHeadDim());
    }

    State.LatentCache latentCache(String name) {
        return g.latentCache(name + ".latent", a.kvLoraRank(), a.qkRopeHeadDim());
    }

    void appendLatent(MlaMoeWeights.Layer w, Value h, State.LatentCache cache) {
        g.appendLatent(g.matmul(w.kvDown(), h), w.kvNorm(), eps, a.rope(), cache);
    }

    /** Latent attention in absorbed form (spec 2.2, 2.4), over a selection or everything, {@code [rows, heads, kvLoraRank]}. */
    Value attend(MlaMoeWeights.Layer w, Value qr, @Nullable Value selection, State.LatentCache cache) {
        Value q = g.rope(g.matmul(w.queryUp(), qr), a.numAttentionHeads(), a.qkNopeHeadDim(), a.rope());
        Value absorbed = g.headMatmul(w.keyUp(), q, 0); // [rows, heads, kvLoraRank]
        return g.latentAttention(absorbed, q, a.qkNopeHeadDim(), selection, cache, a.scale());
    }

    /** What attention adds to the residual stream, {@code [rows, hidden]}, from what its heads attended to. */
    Value attentionOutput(MlaMoeWeights.Layer w, Value attended) {
        return g.matmul(w.output(), g.headMatmul(w.valueUp(), attended, 0));
    }

    Value gated(MlaMoeWeights.Dense w, Value m) {
        return g.matmul(w.down(), g.swiGlu(g.matmul(w.gate(), m), g.matmul(w.up(), m)));
    }

    GraphBuilder.Route route(MlaMoeWeights.Sparse w, Value m) {
        return g.routeExperts(
                g.matmul(w.router(), m),
                w.bias().orElse(null),
                config.experts().orElseThrow().rule());
    }

    /** Routed experts and the shared one (spec 2.8). */
    Value experts(MlaMoeWeights.Sparse w, Value m, GraphBuilder.Route route) {
        Value routed = g.expertFeedForward(m, route, w.gate(), w.up(), w.down());
        Optional<Value> shared = w.shared().map(d -> gated(d, m));
        return shared.isEmpty() ? routed : g.add(routed, shared.get());
    }

    Value mlp(MlaMoeWeights.Mlp mlp, Value m) {
        return switch (mlp) {
            case MlaMoeWeights.Dense d -> gated(d, m);
            case MlaMoeWeights.Sparse s -> experts(s, m, route(s, m));
        };
    }
}
