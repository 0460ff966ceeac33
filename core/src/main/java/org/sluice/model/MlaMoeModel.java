package org.sluice.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sluice.graph.CacheType;
import org.sluice.graph.Graph;
import org.sluice.tensor.Weight;

/** A model with latent attention and sparse experts. */
final class MlaMoeModel implements LanguageModel {
    private final MlaMoeConfig config;
    private final MlaMoeWeights weights;

    MlaMoeModel(MlaMoeConfig config, MlaMoeWeights weights) {
        this.config = config;
        this.weights = weights;
    }

    @Override
    public int vocabSize() {
        return config.vocabSize();
    }

    @Override
    public int maxContext() {
        return config.maxPositionEmbeddings();
    }

    @Override
    public List<Integer> eosTokenIds() {
        return config.eosTokenIds();
    }

    @Override
    public Graph graph(GraphOptions options) {
        return MlaMoeGraph.build(config, weights, options);
    }

    @Override
    public Optional<DraftGraphs> drafts(DraftGraphs.Head head, CacheType caches) {
        return weights.mtp().map(mtp -> MtpGraph.build(config, mtp, head, caches));
    }

    @Override
    public ModelSummary summary() {
        return new Count().summary();
    }

    /** Adds up the weights by class. */
    private final class Count {
        private final Map<String, Long> bytes = new LinkedHashMap<>();
        private final Map<String, Long> types = new LinkedHashMap<>();
        private long total;
        private long active;

        ModelSummary summary() {
            List<ModelSummary.Layer> layers = new ArrayList<>();
            add("embedding", 0, weights.embedding());
            for (MlaMoeWeights.Layer l : weights.layers()) {
                add("norms", 1, l.inputNorm(), l.postAttentionNorm(), l.queryNorm(), l.kvNorm());
                add(
                        "attention",
                        1,
                        l.queryDown(),
                        l.queryUp(),
                        l.kvDown(),
                        l.keyUp().weight(),
                        l.output());
                if (l.valueUp().weight() != l.keyUp().weight()) {
                    add("attention", 1, l.valueUp().weight());
                }
                l.indexer()
                        .ifPresent(ix -> add(
                                "indexer", 1, ix.query(), ix.key(), ix.keyNorm(), ix.keyNormBias(), ix.headWeights()));
                mlp(l.mlp());
                layers.add(new ModelSummary.Layer(
                        config.indexer().isEmpty()
                                ? ModelSummary.IndexerKind.NONE
                                : l.indexer().isPresent()
                                        ? ModelSummary.IndexerKind.FULL
                                        : ModelSummary.IndexerKind.SHARED,
                        l.mlp() instanceof MlaMoeWeights.Dense));
            }
            add("norms", 1, weights.norm());
            if (config.tieWordEmbeddings()) {
                active += weights.head().elements();
            } else {
                add("head", 1, weights.head());
            }
            return new ModelSummary(config.modelType(), layers, total, active, bytes, types);
        }

        private void mlp(MlaMoeWeights.Mlp mlp) {
            switch (mlp) {
                case MlaMoeWeights.Dense d -> add("dense feed-forward", 1, d.gate(), d.up(), d.down());
                case MlaMoeWeights.Sparse s -> {
                    MlaMoeConfig.Experts e = config.experts().orElseThrow();
                    add("router", 1, s.router());
                    s.bias().ifPresent(b -> add("router", 1, b));
                    double share = (double) e.rule().topK() / e.nRoutedExperts();
                    add("routed experts", share, s.gate(), s.up(), s.down());
                    s.shared().ifPresent(d -> add("shared experts", 1, d.gate(), d.up(), d.down()));
                }
            }
        }

        private void add(String kind, double activeShare, Weight... all) {
            for (Weight w : all) {
                total += w.elements();
                active += Math.round(w.elements() * activeShare);
                bytes.merge(kind, w.bytes(), Long::sum);
                types.merge(w.dtype().name(), w.bytes(), Long::sum);
            }
        }
    }
}
