package org.sluice.convert;

import java.util.ArrayList;
import java.util.List;
import org.sluice.model.MlaMoeConfig;
import org.sluice.tensor.Shape;

/** Every tensor of a model in GGUF's terms and where a Hugging Face checkpoint has it (GLM spec 4 and 6.3). */
final class ModelLayout {
    /** How a tensor comes out of the checkpoint. */
    enum Form {
        /** As it is. */
        PLAIN,
        /** One matrix per expert, stacked. */
        EXPERTS,
        /** Key rows of every head of the latent's up-projection, transposed. */
        KEY_UP,
        /** Value rows of every head of the latent's up-projection. */
        VALUE_UP
    }

    /**
     * A tensor.
     *
     * @param source name in a Hugging Face checkpoint, with {@code {e}} for the number of an expert
     * @param optional whether a checkpoint may lack it
     */
    record Entry(String name, TensorClass tensors, Shape shape, String source, Form form, boolean optional) {
        /** Elements that a matrix product sums over. */
        long columns() {
            return shape.last();
        }

        long rows() {
            return shape.elements() / columns();
        }
    }

    private final MlaMoeConfig config;
    private final List<Entry> entries = new ArrayList<>();
    private String to = "";
    private String from = "";

    private ModelLayout(MlaMoeConfig config) {
        this.config = config;
    }

    /**
     * All tensors in the order in which they are written.
     *
     * @param predictionLayers layers for multi-token prediction behind the trunk
     */
    static List<Entry> of(MlaMoeConfig config, int predictionLayers) {
        ModelLayout layout = new ModelLayout(config);
        layout.model(predictionLayers);
        return List.copyOf(layout.entries);
    }

    private void model(int predictionLayers) {
        int hidden = config.hiddenSize();
        add("token_embd.weight", TensorClass.EMBEDDING, "model.embed_tokens.weight", config.vocabSize(), hidden);
        add("output_norm.weight", TensorClass.NORMS, "model.norm.weight", hidden);
        if (!config.tieWordEmbeddings()) {
            add("output.weight", TensorClass.HEAD, "lm_head.weight", config.vocabSize(), hidden);
        }
        for (int i = 0; i < config.numHiddenLayers() + predictionLayers; i++) {
            boolean predicts = i >= config.numHiddenLayers();
            to = "blk." + i + ".";
            from = "model.layers." + i + ".";
            int layer = i;
            attention();
            config.indexer()
                    .filter(ix -> predicts || ix.fullLayers().get(layer))
                    .ifPresent(ix -> indexer(ix, predicts));
            add("ffn_norm.weight", TensorClass.NORMS, "post_attention_layernorm.weight", hidden);
            boolean dense =
                    predicts ? config.experts().isEmpty() : config.denseLayers().get(i);
            if (dense) {
                gated("", TensorClass.DENSE, "mlp.", config.intermediateSize());
            } else {
                experts(config.experts().orElseThrow());
            }
            if (predicts) {
                prediction();
            }
        }
    }

    private void attention() {
        MlaMoeConfig.Attention a = config.attention();
        int hidden = config.hiddenSize();
        int heads = a.numAttentionHeads();
        TensorClass c = TensorClass.ATTENTION;
        add("attn_norm.weight", TensorClass.NORMS, "input_layernorm.weight", hidden);
        add("attn_q_a.weight", c, "self_attn.q_a_proj.weight", a.qLoraRank(), hidden);
        add("attn_q_a_norm.weight", TensorClass.NORMS, "self_attn.q_a_layernorm.weight", a.qLoraRank());
        add("attn_q_b.weight", c, "self_attn.q_b_proj.weight", (long) heads * a.qkHeadDim(), a.qLoraRank());
        add(
                "attn_kv_a_mqa.weight",
                c,
                "self_attn.kv_a_proj_with_mqa.weight",
                (long) a.kvLoraRank() + a.qkRopeHeadDim(),
                hidden);
        add("attn_kv_a_norm.weight", TensorClass.NORMS, "self_attn.kv_a_layernorm.weight", a.kvLoraRank());
        String up = "self_attn.kv_b_proj.weight";
        add("attn_k_b.weight", c, up, Form.KEY_UP, false, heads, a.kvLoraRank(), a.qkNopeHeadDim());
        add("attn_v_b.weight", c, up, Form.VALUE_UP, false, heads, a.vHeadDim(), a.kvLoraRank());
        add("attn_output.weight", c, "self_attn.o_proj.weight", hidden, (long) heads * a.vHeadDim());
    }

    private void indexer(MlaMoeConfig.Indexer ix, boolean optional) {
        String s = "self_attn.indexer.";
        TensorClass c = TensorClass.INDEXER;
        int hidden = config.hiddenSize();
        int dim = ix.indexHeadDim();
        int heads = ix.indexNHeads();
        Form plain = Form.PLAIN;
        add("indexer.k_norm.weight", TensorClass.NORMS, s + "k_norm.weight", plain, optional, dim);
        add("indexer.k_norm.bias", TensorClass.NORMS, s + "k_norm.bias", plain, optional, dim);
        add("indexer.proj.weight", c, s + "weights_proj.weight", plain, optional, heads, hidden);
        add("indexer.attn_k.weight", c, s + "wk.weight", plain, optional, dim, hidden);
        long width = (long) heads * dim;
        add(
                "indexer.attn_q_b.weight",
                c,
                s + "wq_b.weight",
                plain,
                optional,
                width,
                config.attention().qLoraRank());
    }

    private void gated(String suffix, TensorClass c, String source, long inner) {
        int hidden = config.hiddenSize();
        add("ffn_gate" + suffix + ".weight", c, source + "gate_proj.weight", inner, hidden);
        add("ffn_up" + suffix + ".weight", c, source + "up_proj.weight", inner, hidden);
        add("ffn_down" + suffix + ".weight", c, source + "down_proj.weight", hidden, inner);
    }

    private void experts(MlaMoeConfig.Experts e) {
        int n = e.nRoutedExperts();
        int inner = e.moeIntermediateSize();
        int hidden = config.hiddenSize();
        String s = "mlp.experts.{e}.";
        TensorClass c = TensorClass.ROUTED_EXPERTS;
        add("ffn_gate_inp.weight", TensorClass.ROUTER, "mlp.gate.weight", n, hidden);
        add("exp_probs_b.bias", TensorClass.NORMS, "mlp.gate.e_score_correction_bias", Form.PLAIN, true, n);
        add("ffn_gate_exps.weight", c, s + "gate_proj.weight", Form.EXPERTS, false, n, inner, hidden);
        add("ffn_up_exps.weight", c, s + "up_proj.weight", Form.EXPERTS, false, n, inner, hidden);
        add("ffn_down_exps.weight", c, s + "down_proj.weight", Form.EXPERTS, false, n, hidden, inner);
        if (e.nSharedExperts() > 0) {
            gated("_shexp", TensorClass.SHARED_EXPERT, "mlp.shared_experts.", (long) e.nSharedExperts() * inner);
        }
    }

    private void prediction() {
        int hidden = config.hiddenSize();
        int vocab = config.vocabSize();
        Form plain = Form.PLAIN;
        add("nextn.eh_proj.weight", TensorClass.DENSE, "eh_proj.weight", hidden, 2L * hidden);
        add("nextn.enorm.weight", TensorClass.NORMS, "enorm.weight", hidden);
        add("nextn.hnorm.weight", TensorClass.NORMS, "hnorm.weight", hidden);
        add("nextn.shared_head_norm.weight", TensorClass.NORMS, "shared_head.norm.weight", hidden);
        add("nextn.embed_tokens.weight", TensorClass.EMBEDDING, "embed_tokens.weight", plain, true, vocab, hidden);
        add("nextn.shared_head_head.weight", TensorClass.HEAD, "shared_head.head.weight", plain, true, vocab, hidden);
    }

    private void add(String name, TensorClass tensors, String source, long... extents) {
        add(name, tensors, source, Form.PLAIN, false, extents);
    }

    private void add(String name, TensorClass tensors, String source, Form form, boolean optional, long... extents) {
        entries.add(new Entry(to + name, tensors, Shape.of(extents), from + source, form, optional));
    }
}
