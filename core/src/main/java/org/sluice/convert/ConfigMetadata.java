package org.sluice.convert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sluice.checkpoint.GgufArray;
import org.sluice.checkpoint.GgufValue;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.Rope;
import org.sluice.graph.RoutingRule;
import org.sluice.model.MlaMoeConfig;
import org.sluice.model.RopeParameters;

/** A configuration as the metadata of a GGUF file (GLM spec 6.2). */
final class ConfigMetadata {
    private static final int SOFTMAX = 1;
    private static final int SIGMOID = 2;

    private final MlaMoeConfig config;
    private final String architecture;
    private final Map<String, GgufValue> out = new LinkedHashMap<>();

    private ConfigMetadata(MlaMoeConfig config) {
        this.config = config;
        architecture = switch (config.modelType()) {
            case "glm_moe_dsa" -> "glm-dsa";
            case "deepseek_v3" -> "deepseek2";
            case "deepseek_v32" -> "deepseek32";
            default -> throw new UnsupportedException("GGUF has no architecture for '" + config.modelType() + "'");
        };
    }

    /**
     * The metadata of a model.
     *
     * @param predictionLayers layers for multi-token prediction that the file holds
     */
    static Map<String, GgufValue> of(MlaMoeConfig config, String name, int predictionLayers) {
        ConfigMetadata m = new ConfigMetadata(config);
        m.out.put("general.architecture", GgufValue.of(m.architecture));
        m.out.put("general.type", GgufValue.of("model"));
        m.out.put("general.name", GgufValue.of(name));
        m.out.put("general.quantization_version", GgufValue.of(2));
        m.sizes(predictionLayers);
        m.attention();
        config.indexer().ifPresent(m::indexer);
        m.experts();
        m.rope();
        return m.out;
    }

    private void sizes(int predictionLayers) {
        put("block_count", config.numHiddenLayers() + predictionLayers);
        if (predictionLayers > 0) {
            put("nextn_predict_layers", predictionLayers);
        }
        put("context_length", config.maxPositionEmbeddings());
        put("embedding_length", config.hiddenSize());
        put("feed_forward_length", config.intermediateSize());
        put("vocab_size", config.vocabSize());
        put("attention.layer_norm_rms_epsilon", config.rmsNormEps());
    }

    private void attention() {
        MlaMoeConfig.Attention a = config.attention();
        if (a.rope().pairing() != Rope.Pairing.INTERLEAVED) {
            throw new UnsupportedException("GGUF cannot express a main attention that turns the halves of a vector");
        }
        put("attention.head_count", a.numAttentionHeads());
        // in absorbed form all heads share one key: the latent with its rotated part
        put("attention.head_count_kv", 1);
        put("attention.q_lora_rank", a.qLoraRank());
        put("attention.kv_lora_rank", a.kvLoraRank());
        put("attention.key_length", a.kvLoraRank() + a.qkRopeHeadDim());
        put("attention.value_length", a.kvLoraRank());
        put("attention.key_length_mla", a.qkHeadDim());
        put("attention.value_length_mla", a.vHeadDim());
    }

    private void indexer(MlaMoeConfig.Indexer ix) {
        boolean glm = architecture.equals("glm-dsa");
        if ((ix.rope().pairing() == Rope.Pairing.INTERLEAVED) != glm) {
            throw new UnsupportedException("an indexer that turns by "
                    + ix.rope().pairing() + " cannot be expressed for the architecture '" + architecture + "'");
        }
        put("attention.indexer.head_count", ix.indexNHeads());
        put("attention.indexer.key_length", ix.indexHeadDim());
        put("attention.indexer.top_k", ix.indexTopk());
        boolean[] full = new boolean[ix.fullLayers().size()];
        for (int i = 0; i < full.length; i++) {
            full[i] = ix.fullLayers().get(i);
        }
        if (glm) {
            put("attention.indexer.types", GgufValue.of(GgufArray.ofBools(full)));
        } else if (ix.fullLayers().contains(false)) {
            throw new UnsupportedException(
                    "the architecture '" + architecture + "' has no layers that share a selection");
        }
    }

    private void experts() {
        List<Boolean> dense = config.denseLayers();
        int leading = dense.contains(false) ? dense.indexOf(false) : dense.size();
        if (dense.lastIndexOf(true) > leading) {
            throw new UnsupportedException("GGUF can only express dense layers before all sparse ones, not layer "
                    + dense.lastIndexOf(true) + " behind layer " + leading);
        }
        put("leading_dense_block_count", leading);
        put(
                "expert_feed_forward_length",
                config.experts().map(MlaMoeConfig.Experts::moeIntermediateSize).orElse(config.intermediateSize()));
        put(
                "expert_shared_count",
                config.experts().map(MlaMoeConfig.Experts::nSharedExperts).orElse(0));
        if (config.experts().isEmpty()) {
            return;
        }
        MlaMoeConfig.Experts e = config.experts().get();
        RoutingRule rule = e.rule();
        put("expert_count", e.nRoutedExperts());
        put("expert_used_count", rule.topK());
        put("expert_group_count", rule.groups());
        put("expert_group_used_count", rule.topGroups());
        put("expert_weights_scale", rule.scale());
        put("expert_weights_norm", GgufValue.of(rule.normalise()));
        put("expert_gating_func", rule.scoring() == RoutingRule.Scoring.SIGMOID ? SIGMOID : SOFTMAX);
    }

    private void rope() {
        RopeParameters rope = config.attention().ropeParameters();
        put("rope.dimension_count", config.attention().qkRopeHeadDim());
        put("rope.freq_base", (float) rope.theta());
        if (rope.yarn().isEmpty()) {
            return;
        }
        RopeParameters.Yarn y = rope.yarn().get();
        if (!y.truncate()) {
            throw new UnsupportedException("GGUF cannot express YaRN with 'truncate' false");
        }
        put("rope.scaling.type", GgufValue.of("yarn"));
        put("rope.scaling.factor", (float) y.factor());
        put("rope.scaling.original_context_length", y.originalMaxPositions());
        put("rope.scaling.yarn_beta_fast", (float) y.betaFast());
        put("rope.scaling.yarn_beta_slow", (float) y.betaSlow());
        if (y.mscaleAllDim() != 0) {
            // a tenth, as llama.cpp's own converter writes it
            put("rope.scaling.yarn_log_multiplier", (float) (0.1 * y.mscaleAllDim()));
        }
        boolean implied = y.mscaleAllDim() != 0 && y.magnitude() == 1;
        if (!implied) {
            put("rope.scaling.yarn_attn_factor", (float) y.magnitude());
        }
    }

    private void put(String key, int value) {
        put(key, GgufValue.of(value));
    }

    private void put(String key, float value) {
        put(key, GgufValue.of(value));
    }

    private void put(String key, GgufValue value) {
        out.put(architecture + "." + key, value);
    }
}
