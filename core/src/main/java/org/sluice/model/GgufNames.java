package org.sluice.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sluice.checkpoint.Checkpoint;
import org.sluice.graph.HeadMatrix;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/** Finds the weights of a GGUF model by name and checks every shape (GLM spec 6.3). */
final class GgufNames {
    static final String EMBEDDING = "token_embd.weight";

    private final MlaMoeConfig config;
    private final Checkpoint files;

    private GgufNames(MlaMoeConfig config, Checkpoint files) {
        this.config = config;
        this.files = files;
    }

    static MlaMoeWeights bind(MlaMoeConfig config, Checkpoint files) {
        return new GgufNames(config, files).bind();
    }

    private MlaMoeWeights bind() {
        Weight embedding = files.require(EMBEDDING, config.vocabSize(), config.hiddenSize());
        List<MlaMoeWeights.Layer> layers = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            int layer = i;
            // files of unsloth hold indexers of shared layers as well; nothing uses them
            Optional<MlaMoeConfig.Indexer> indexer =
                    config.indexer().filter(ix -> ix.fullLayers().get(layer));
            layers.add(layer("blk." + i + ".", indexer, config.denseLayers().get(i)));
        }
        Weight head = config.tieWordEmbeddings()
                ? embedding
                : files.require("output.weight", config.vocabSize(), config.hiddenSize());
        return new MlaMoeWeights(
                embedding,
                layers,
                files.require("output_norm.weight", config.hiddenSize()),
                head,
                config.numNextnPredictLayers() == 0 ? Optional.empty() : Optional.of(mtp(embedding, head)));
    }

    private MlaMoeWeights.Mtp mtp(Weight embedding, Weight head) {
        String block = "blk." + config.numHiddenLayers() + ".";
        String p = block + "nextn.";
        int hidden = config.hiddenSize();
        String ownTable = p + "embed_tokens.weight";
        String ownHead = p + "shared_head_head.weight";
        Set<String> names = files.tensorNames();
        return new MlaMoeWeights.Mtp(
                files.require(p + "enorm.weight", hidden),
                files.require(p + "hnorm.weight", hidden),
                files.require(p + "eh_proj.weight", hidden, 2L * hidden),
                layer(
                        block,
                        // some writers leave the layer's indexer out; such a layer cannot draft
                        config.indexer().filter(ix -> names.contains(block + "indexer.attn_k.weight")),
                        config.experts().isEmpty()),
                files.require(p + "shared_head_norm.weight", hidden),
                names.contains(ownTable) ? files.require(ownTable, config.vocabSize(), hidden) : embedding,
                names.contains(ownHead) ? files.require(ownHead, config.vocabSize(), hidden) : head);
    }

    private MlaMoeWeights.Layer layer(String p, Optional<MlaMoeConfig.Indexer> indexer, boolean dense) {
        MlaMoeConfig.Attention a = config.attention();
        int hidden = config.hiddenSize();
        int heads = a.numAttentionHeads();
        return new MlaMoeWeights.Layer(
                files.require(p + "attn_norm.weight", hidden),
                files.require(p + "attn_q_a.weight", a.qLoraRank(), hidden),
                files.require(p + "attn_q_a_norm.weight", a.qLoraRank()),
                files.require(p + "attn_q_b.weight", (long) heads * a.qkHeadDim(), a.qLoraRank()),
                files.require(p + "attn_kv_a_mqa.weight", (long) a.kvLoraRank() + a.qkRopeHeadDim(), hidden),
                files.require(p + "attn_kv_a_norm.weight", a.kvLoraRank()),
                keyUp(p),
                valueUp(p),
                files.require(p + "attn_output.weight", hidden, (long) heads * a.vHeadDim()),
                indexer.map(ix -> indexer(p + "indexer.", ix)),
                files.require(p + "ffn_norm.weight", hidden),
                dense
                        ? gated(p, "", config.intermediateSize())
                        : sparse(p, config.experts().orElseThrow()));
    }

    /** Rows of {@code attn_k_b} run along a head's nope elements: it is stored the way it is multiplied with. */
    private HeadMatrix keyUp(String p) {
        MlaMoeConfig.Attention a = config.attention();
        Optional<Weight> both = unsplit(p);
        return both.isPresent()
                ? new HeadMatrix(
                        both.get(), a.numAttentionHeads(), a.qkNopeHeadDim() + a.vHeadDim(), 0, a.qkNopeHeadDim(), true)
                : heads(p + "attn_k_b.weight", a.kvLoraRank(), a.qkNopeHeadDim());
    }

    private HeadMatrix valueUp(String p) {
        MlaMoeConfig.Attention a = config.attention();
        int nope = a.qkNopeHeadDim();
        Optional<Weight> both = unsplit(p);
        return both.isPresent()
                ? new HeadMatrix(both.get(), a.numAttentionHeads(), nope + a.vHeadDim(), nope, a.vHeadDim(), false)
                : heads(p + "attn_v_b.weight", a.vHeadDim(), a.kvLoraRank());
    }

    /** Old files hold both halves as one matrix, as Hugging Face checkpoints do. */
    private Optional<Weight> unsplit(String p) {
        MlaMoeConfig.Attention a = config.attention();
        String name = p + "attn_kv_b.weight";
        return files.tensorNames().contains(p + "attn_k_b.weight")
                        || !files.tensorNames().contains(name)
                ? Optional.empty()
                : Optional.of(files.require(
                        name, (long) a.numAttentionHeads() * (a.qkNopeHeadDim() + a.vHeadDim()), a.kvLoraRank()));
    }

    /** A matrix per head: a bank, or, as some writers have it, the heads' rows below each other. */
    private HeadMatrix heads(String name, int rows, int columns) {
        int heads = config.attention().numAttentionHeads();
        boolean flat = files.find(name).map(w -> w.shape().rank() == 2).orElse(false);
        return flat
                ? new HeadMatrix(files.require(name, (long) heads * rows, columns), heads, rows, 0, rows, false)
                : new HeadMatrix(files.bank(name, heads, rows, columns), heads, 0, 0, rows, false);
    }

    private MlaMoeWeights.Indexer indexer(String p, MlaMoeConfig.Indexer ix) {
        return new MlaMoeWeights.Indexer(
                files.require(
                        p + "attn_q_b.weight",
                        (long) ix.indexNHeads() * ix.indexHeadDim(),
                        config.attention().qLoraRank()),
                files.require(p + "attn_k.weight", ix.indexHeadDim(), config.hiddenSize()),
                files.require(p + "k_norm.weight", ix.indexHeadDim()),
                files.require(p + "k_norm.bias", ix.indexHeadDim()),
                files.require(p + "proj.weight", ix.indexNHeads(), config.hiddenSize()));
    }

    private MlaMoeWeights.Dense gated(String p, String suffix, long inner) {
        return new MlaMoeWeights.Dense(
                files.require(p + "ffn_gate" + suffix + ".weight", inner, config.hiddenSize()),
                files.require(p + "ffn_up" + suffix + ".weight", inner, config.hiddenSize()),
                files.require(p + "ffn_down" + suffix + ".weight", config.hiddenSize(), inner));
    }

    private MlaMoeWeights.Sparse sparse(String p, MlaMoeConfig.Experts e) {
        int n = e.nRoutedExperts();
        int inner = e.moeIntermediateSize();
        int hidden = config.hiddenSize();
        String bias = p + "exp_probs_b.bias";
        String fused = p + "ffn_gate_up_exps.weight";
        boolean isFused = files.tensorNames().contains(fused);
        return new MlaMoeWeights.Sparse(
                files.require(p + "ffn_gate_inp.weight", n, hidden),
                files.find(bias).map(b -> files.require(bias, n)),
                isFused ? half(fused, e, 0) : files.bank(p + "ffn_gate_exps.weight", n, inner, hidden),
                isFused ? half(fused, e, inner) : files.bank(p + "ffn_up_exps.weight", n, inner, hidden),
                files.bank(p + "ffn_down_exps.weight", n, hidden, inner),
                e.nSharedExperts() == 0
                        ? Optional.empty()
                        : Optional.of(gated(p, "_shexp", (long) e.nSharedExperts() * inner)));
    }

    /** The gate or up rows of a bank that holds both. */
    private Weight half(String name, MlaMoeConfig.Experts e, int firstRow) {
        int inner = e.moeIntermediateSize();
        Weight both = files.require(name, e.nRoutedExperts(), 2L * inner, config.hiddenSize());
        long bytes = both.rowBytes();
        return new Weight(
                name,
                both.dtype(),
                Shape.of(e.nRoutedExperts(), inner, config.hiddenSize()),
                both.slices().stream()
                        .map(s -> s.asSlice(firstRow * bytes, inner * bytes))
                        .toList(),
                both.scales());
    }
}
