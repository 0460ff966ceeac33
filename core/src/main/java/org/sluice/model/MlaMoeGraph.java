package org.sluice.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/** Writes the graph of one step of an {@link MlaMoeConfig} model (GLM spec 2). */
final class MlaMoeGraph {
    private final MlaMoeConfig config;
    private final MlaMoeConfig.Attention a;
    private final float eps;
    private final GraphBuilder g = new GraphBuilder();
    private final GraphOptions options;

    private MlaMoeGraph(MlaMoeConfig config, GraphOptions options) {
        this.config = config;
        a = config.attention();
        eps = config.rmsNormEps();
        this.options = options;
    }

    static Graph build(MlaMoeConfig config, MlaMoeWeights w, GraphOptions options) {
        return new MlaMoeGraph(config, options).build(w);
    }

    private Graph build(MlaMoeWeights w) {
        Value tokens = g.input(LanguageModel.TOKENS, TensorSpec.i32(Shape.ROWS));
        Value x = g.scope("embedding").embed(w.embedding(), tokens); // [rows, hidden]
        Value selection = null;
        for (int i = 0; i < w.layers().size(); i++) {
            MlaMoeWeights.Layer layer = w.layers().get(i);
            g.scope("layers." + i);
            Value h = g.rmsNorm(x, layer.inputNorm(), eps);
            Value qr = g.rmsNorm(g.matmul(layer.queryDown(), h), layer.queryNorm(), eps); // [rows, qLoraRank]
            if (layer.indexer().isPresent()) {
                selection = select(i, layer.indexer().get(), h, qr);
            }
            x = g.add(x, attention(i, layer, h, qr, selection));
            x = g.add(x, mlp(i, layer.mlp(), g.rmsNorm(x, layer.postAttentionNorm(), eps)));
            trace("hidden." + i, x);
        }
        g.scope("head");
        x = g.rmsNorm(x, w.norm(), eps);
        trace("final", x);
        g.output(LanguageModel.LOGITS, g.matmul(w.head(), g.gatherRows(x))); // [outputs, vocab]
        return g.build();
    }

    /** The positions the indexer of a full layer chooses (spec 2.5). */
    private Value select(int i, MlaMoeWeights.Indexer w, Value h, Value qr) {
        MlaMoeConfig.Indexer ix = config.indexer().orElseThrow();
        State.IndexKeyCache keys = g.indexKeyCache("layers." + i + ".indexKeys", ix.indexHeadDim());
        g.appendIndexKey(
                g.matmul(w.key(), h), w.keyNorm(), w.keyNormBias(), MlaMoeConfig.INDEXER_NORM_EPSILON, ix.rope(), keys);
        Value q = g.rope(g.matmul(w.query(), qr), ix.indexNHeads(), 0, ix.rope()); // [rows, heads, indexHeadDim]
        Value headWeights = g.matmul(w.headWeights(), h); // [rows, heads]
        // both scale factors are positive, so they commute with the relu
        float scale = (float) (1 / Math.sqrt((double) ix.indexNHeads() * ix.indexHeadDim()));
        Value scores = g.indexScores(q, headWeights, keys, scale);
        if (options.scores()) {
            g.output("scores." + i, scores);
        }
        Value selection = g.selectTopK(scores, ix.indexTopk()); // [rows, indexTopk]
        trace("selected." + i, selection);
        return options.givenSelections()
                ? g.input("given." + i, TensorSpec.i32(Shape.ROWS, ix.indexTopk()))
                : selection;
    }

    /** Latent attention in absorbed form (spec 2.2, 2.4). */
    private Value attention(int i, MlaMoeWeights.Layer w, Value h, Value qr, @Nullable Value selection) {
        State.LatentCache cache = g.latentCache("layers." + i + ".latent", a.kvLoraRank(), a.qkRopeHeadDim());
        g.appendLatent(g.matmul(w.kvDown(), h), w.kvNorm(), eps, a.rope(), cache);
        Value q = g.rope(g.matmul(w.queryUp(), qr), a.numAttentionHeads(), a.qkNopeHeadDim(), a.rope());
        Value absorbed = g.headMatmul(w.keyUp(), q, 0); // [rows, heads, kvLoraRank]
        Value attended = g.latentAttention(absorbed, q, a.qkNopeHeadDim(), selection, cache, a.scale());
        return g.matmul(w.output(), g.headMatmul(w.valueUp(), attended, 0));
    }

    private Value mlp(int i, MlaMoeWeights.Mlp mlp, Value m) {
        return switch (mlp) {
            case MlaMoeWeights.Dense d -> gated(d, m);
            case MlaMoeWeights.Sparse s -> {
                GraphBuilder.Route route = g.routeExperts(
                        g.matmul(s.router(), m),
                        s.bias().orElse(null),
                        config.experts().orElseThrow().rule());
                trace("experts." + i, route.experts());
                trace("expert_weights." + i, route.weights());
                Value routed = g.expertFeedForward(m, route, s.gate(), s.up(), s.down());
                Optional<Value> shared = s.shared().map(d -> gated(d, m));
                yield shared.isEmpty() ? routed : g.add(routed, shared.get());
            }
        };
    }

    private Value gated(MlaMoeWeights.Dense w, Value m) {
        return g.matmul(w.down(), g.swiGlu(g.matmul(w.gate(), m), g.matmul(w.up(), m)));
    }

    private void trace(String name, Value v) {
        if (options.trace()) {
            g.output(name, v);
        }
    }
}
