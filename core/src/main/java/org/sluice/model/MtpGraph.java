package org.sluice.model;

import org.jspecify.annotations.Nullable;
import org.sluice.graph.CacheType;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;

/** Writes the graphs of a multi-token-prediction layer (GLM spec 3.1 to 3.3). */
final class MtpGraph {
    private static final String NAME = "mtp";

    private final MlaMoeConfig config;
    private final MlaMoeWeights.Mtp w;
    private final DraftGraphs.Head head;
    private final boolean ahead;
    private final GraphBuilder g = new GraphBuilder();
    private final MlaMoeBlock block;

    private MtpGraph(MlaMoeConfig config, MlaMoeWeights.Mtp w, DraftGraphs.Head head, CacheType caches, boolean ahead) {
        this.config = config;
        this.w = w;
        this.head = head;
        this.ahead = ahead;
        g.caches(caches);
        block = new MlaMoeBlock(config, g);
    }

    /** Both graphs, or the first alone where later drafts of a round share no selection. */
    static DraftGraphs build(MlaMoeConfig config, MlaMoeWeights.Mtp w, DraftGraphs.Head head, CacheType caches) {
        Graph context = new MtpGraph(config, w, head, caches, false).build();
        return shares(config, w)
                ? new DraftGraphs(
                        context,
                        new MtpGraph(config, w, head, caches, true).build(),
                        config.hiddenSize(),
                        config.indexer().orElseThrow().indexTopk())
                : new DraftGraphs(context, null, config.hiddenSize(), 0);
    }

    private static boolean shares(MlaMoeConfig config, MlaMoeWeights.Mtp w) {
        return w.layer().indexer().isPresent()
                && config.indexer()
                        .filter(MlaMoeConfig.Indexer::shareForMtpIteration)
                        .isPresent();
    }

    private Graph build() {
        float eps = config.rmsNormEps();
        MlaMoeWeights.Layer layer = w.layer();
        g.scope(NAME);
        Value tokens = g.input(LanguageModel.TOKENS, TensorSpec.i32(Shape.ROWS));
        Value hidden = g.input(LanguageModel.HIDDEN, TensorSpec.f32(Shape.ROWS, config.hiddenSize()));
        Value e = g.rmsNorm(g.embed(w.embedding(), tokens), w.embeddingNorm(), eps);
        Value u = g.rmsNorm(hidden, w.hiddenNorm(), eps);
        Value x = g.matmul(w.projection(), g.concat(e, u));
        Value h = g.rmsNorm(x, layer.inputNorm(), eps);
        Value qr = block.compressedQuery(layer, h);
        State.LatentCache cache;
        @Nullable Value selection;
        if (ahead) {
            // the states of the other graph, in the same order, only read
            block.indexKeyCache(NAME);
            cache = block.latentCache(NAME);
            selection = g.input(
                    DraftGraphs.SELECTION,
                    TensorSpec.i32(Shape.ROWS, config.indexer().orElseThrow().indexTopk()));
        } else {
            selection = select(layer, h, qr);
            cache = block.latentCache(NAME);
            block.appendLatent(layer, h, cache);
        }
        // the caches have what they need of the other rows
        Value attended = g.gatherRows(block.attend(layer, qr, selection, cache));
        x = g.add(g.gatherRows(x), block.attentionOutput(layer, attended));
        x = g.add(x, block.mlp(layer.mlp(), g.rmsNorm(x, layer.postAttentionNorm(), eps)));
        Value wanted = g.rmsNorm(x, w.norm(), eps);
        // GLM recycles the normalised state, DeepSeek the raw one (spec 9.3)
        g.output(DraftGraphs.RECYCLED, config.modelType().startsWith("glm") ? wanted : x);
        Value logits = g.matmul(w.head().firstRows(head.vocabulary()), wanted); // [outputs, vocabulary]
        g.output(DraftGraphs.DRAFT, g.argMax(logits));
        if (head.logits()) {
            g.output(LanguageModel.LOGITS, logits);
        }
        return g.build();
    }

    /** Positions to look at; null for all where the layer has no indexer. */
    private @Nullable Value select(MlaMoeWeights.Layer layer, Value h, Value qr) {
        if (layer.indexer().isEmpty()) {
            return null;
        }
        MlaMoeConfig.Indexer ix = config.indexer().orElseThrow();
        Value selection = g.selectTopK(block.indexScores(NAME, layer.indexer().get(), h, qr), ix.indexTopk());
        if (shares(config, w)) {
            g.output(DraftGraphs.SELECTION, selection);
        }
        return selection;
    }
}
