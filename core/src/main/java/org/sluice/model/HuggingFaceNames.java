package org.sluice.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sluice.checkpoint.Checkpoint;
import org.sluice.graph.HeadMatrix;
import org.sluice.tensor.Weight;

/** Finds the weights of a Hugging Face checkpoint by name and checks every shape (GLM spec 4). */
final class HuggingFaceNames {
    private final MlaMoeConfig config;
    private final Checkpoint files;

    private HuggingFaceNames(MlaMoeConfig config, Checkpoint files) {
        this.config = config;
        this.files = files;
    }

    static MlaMoeWeights bind(MlaMoeConfig config, Checkpoint files) {
        return new HuggingFaceNames(config, files).bind();
    }

    private MlaMoeWeights bind() {
        Weight embedding = matrix("model.embed_tokens.weight", config.vocabSize(), config.hiddenSize());
        List<MlaMoeWeights.Layer> layers = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            boolean full = config.indexer().isPresent()
                    && config.indexer().get().fullLayers().get(i);
            layers.add(
                    layer("model.layers." + i + ".", full, config.denseLayers().get(i)));
        }
        Weight head = config.tieWordEmbeddings()
                ? embedding
                : matrix("lm_head.weight", config.vocabSize(), config.hiddenSize());
        return new MlaMoeWeights(
                embedding, layers, vector("model.norm.weight", config.hiddenSize()), head, mtp(embedding, head));
    }

    /** The layer behind the trunk; conversions often drop it although the configuration still counts it. */
    private Optional<MlaMoeWeights.Mtp> mtp(Weight embedding, Weight head) {
        String p = "model.layers." + config.numHiddenLayers() + ".";
        if (config.numNextnPredictLayers() == 0
                || files.find(p + "eh_proj.weight").isEmpty()) {
            return Optional.empty();
        }
        int hidden = config.hiddenSize();
        String ownTable = p + "embed_tokens.weight";
        String ownHead = p + "shared_head.head.weight";
        return Optional.of(new MlaMoeWeights.Mtp(
                vector(p + "enorm.weight", hidden),
                vector(p + "hnorm.weight", hidden),
                matrix(p + "eh_proj.weight", hidden, 2L * hidden),
                layer(p, config.indexer().isPresent(), config.experts().isEmpty()),
                vector(p + "shared_head.norm.weight", hidden),
                files.find(ownTable).isPresent() ? matrix(ownTable, config.vocabSize(), hidden) : embedding,
                files.find(ownHead).isPresent() ? matrix(ownHead, config.vocabSize(), hidden) : head));
    }

    private MlaMoeWeights.Layer layer(String p, boolean full, boolean dense) {
        MlaMoeConfig.Attention a = config.attention();
        int hidden = config.hiddenSize();
        int heads = a.numAttentionHeads();
        int headRows = a.qkNopeHeadDim() + a.vHeadDim();
        String s = p + "self_attn.";
        Weight up = matrix(s + "kv_b_proj.weight", (long) heads * headRows, a.kvLoraRank());
        return new MlaMoeWeights.Layer(
                vector(p + "input_layernorm.weight", hidden),
                matrix(s + "q_a_proj.weight", a.qLoraRank(), hidden),
                vector(s + "q_a_layernorm.weight", a.qLoraRank()),
                matrix(s + "q_b_proj.weight", (long) heads * a.qkHeadDim(), a.qLoraRank()),
                matrix(s + "kv_a_proj_with_mqa.weight", (long) a.kvLoraRank() + a.qkRopeHeadDim(), hidden),
                vector(s + "kv_a_layernorm.weight", a.kvLoraRank()),
                new HeadMatrix(up, heads, headRows, 0, a.qkNopeHeadDim(), true),
                new HeadMatrix(up, heads, headRows, a.qkNopeHeadDim(), a.vHeadDim(), false),
                matrix(s + "o_proj.weight", hidden, (long) heads * a.vHeadDim()),
                full ? config.indexer().map(ix -> indexer(s + "indexer.", ix)) : Optional.empty(),
                vector(p + "post_attention_layernorm.weight", hidden),
                dense
                        ? gated(p + "mlp.", config.intermediateSize())
                        : sparse(p + "mlp.", config.experts().orElseThrow()));
    }

    private MlaMoeWeights.Indexer indexer(String p, MlaMoeConfig.Indexer ix) {
        long width = (long) ix.indexNHeads() * ix.indexHeadDim();
        return new MlaMoeWeights.Indexer(
                matrix(p + "wq_b.weight", width, config.attention().qLoraRank()),
                matrix(p + "wk.weight", ix.indexHeadDim(), config.hiddenSize()),
                vector(p + "k_norm.weight", ix.indexHeadDim()),
                vector(p + "k_norm.bias", ix.indexHeadDim()),
                matrix(p + "weights_proj.weight", ix.indexNHeads(), config.hiddenSize()));
    }

    private MlaMoeWeights.Dense gated(String p, long inner) {
        return new MlaMoeWeights.Dense(
                matrix(p + "gate_proj.weight", inner, config.hiddenSize()),
                matrix(p + "up_proj.weight", inner, config.hiddenSize()),
                matrix(p + "down_proj.weight", config.hiddenSize(), inner));
    }

    private MlaMoeWeights.Sparse sparse(String p, MlaMoeConfig.Experts e) {
        int n = e.nRoutedExperts();
        int inner = e.moeIntermediateSize();
        int hidden = config.hiddenSize();
        String bias = p + "gate.e_score_correction_bias";
        return new MlaMoeWeights.Sparse(
                matrix(p + "gate.weight", n, hidden),
                files.find(bias).map(b -> vector(bias, n)),
                files.bank(p + "experts.{e}.gate_proj.weight", n, inner, hidden),
                files.bank(p + "experts.{e}.up_proj.weight", n, inner, hidden),
                files.bank(p + "experts.{e}.down_proj.weight", n, hidden, inner),
                e.nSharedExperts() == 0
                        ? Optional.empty()
                        : Optional.of(gated(p + "shared_experts.", (long) e.nSharedExperts() * inner)));
    }

    private Weight matrix(String name, long rows, long columns) {
        return files.require(name, rows, columns);
    }

    private Weight vector(String name, long n) {
        return files.require(name, n);
    }
}
