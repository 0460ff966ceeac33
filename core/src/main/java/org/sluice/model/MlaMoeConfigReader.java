package org.sluice.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.RoutingRule;

/** Reads {@link MlaMoeConfig} from the fields of a {@code config.json}; unknown fields are ignored (GLM spec 1). */
final class MlaMoeConfigReader {
    static final List<String> MODEL_TYPES = List.of("glm_moe_dsa", "deepseek_v3", "deepseek_v32");

    /** Bound on every extent: keeps products of two of them inside a long, and nonsense out. */
    private static final int MAX = 1 << 24;

    private final ConfigReader c;
    private final String modelType;
    private final int layers;

    private MlaMoeConfigReader(ConfigReader c, String modelType) {
        this.c = c;
        this.modelType = modelType;
        layers = c.integer("num_hidden_layers", 1, 10_000);
    }

    static MlaMoeConfig read(ConfigReader c) {
        String type = c.text("model_type", "");
        if (!MODEL_TYPES.contains(type)) {
            throw new UnsupportedException(
                    c.file() + ": model_type '" + type + "' is not supported; " + MODEL_TYPES + " are");
        }
        return new MlaMoeConfigReader(c, type).read();
    }

    private MlaMoeConfig read() {
        only("hidden_act", c.text("hidden_act", "silu"), "silu");
        only("attention_bias", String.valueOf(c.flag("attention_bias", false)), "false");
        int maxPositions = c.integer("max_position_embeddings", 1, Integer.MAX_VALUE);
        int ropeDims = c.integer("qk_rope_head_dim", 2, MAX);
        if (ropeDims % 2 != 0) {
            throw c.contradiction("qk_rope_head_dim is " + ropeDims + ", but pairs turn together: it must be even");
        }
        RopeParameters rope = RopeConfig.read(c, maxPositions);
        List<Boolean> dense = denseLayers();
        return new MlaMoeConfig(
                modelType,
                c.integer("vocab_size", 1, MAX),
                c.integer("hidden_size", 1, MAX),
                c.integer("intermediate_size", 1, MAX),
                layers,
                c.integer("num_nextn_predict_layers", 0, 64, 0),
                (float) c.number("rms_norm_eps", 0, 1e-6),
                maxPositions,
                c.flag("tie_word_embeddings", false),
                attention(ropeDims, rope),
                indexer(rope, ropeDims),
                dense.contains(false) ? Optional.of(experts()) : Optional.empty(),
                dense,
                c.integers("eos_token_id"),
                weightBlock());
    }

    private void only(String field, String value, String supported) {
        if (!value.equals(supported)) {
            throw new UnsupportedException(
                    c.file() + ": " + field + " '" + value + "' is not supported; only '" + supported + "' is");
        }
    }

    private MlaMoeConfig.Attention attention(int ropeDims, RopeParameters rope) {
        int nope = c.integer("qk_nope_head_dim", 1, MAX);
        int head = nope + ropeDims;
        if (c.integer("qk_head_dim", 1, MAX, head) != head) {
            throw c.contradiction("qk_head_dim is " + c.integer("qk_head_dim", 1, MAX)
                    + ", but qk_nope_head_dim + qk_rope_head_dim is " + head);
        }
        return new MlaMoeConfig.Attention(
                c.integer("num_attention_heads", 1, 65_536),
                c.integer("q_lora_rank", 1, MAX),
                c.integer("kv_lora_rank", 1, MAX),
                nope,
                ropeDims,
                c.integer("v_head_dim", 1, MAX),
                (float) (rope.scoreFactor() / Math.sqrt(head)),
                rope,
                rope.rope(ropeDims, c.flag("rope_interleave", true)));
    }

    private Optional<MlaMoeConfig.Indexer> indexer(RopeParameters rope, int ropeDims) {
        if (modelType.equals("deepseek_v3")) {
            return Optional.empty();
        }
        int headDim = c.integer("index_head_dim", 2, MAX);
        if (headDim < ropeDims) {
            throw c.contradiction("index_head_dim is " + headDim + ", less than qk_rope_head_dim, " + ropeDims);
        }
        // GLM turns neighbouring elements in the indexer as well, DeepSeek-V3.2 the two halves (GLM spec 9.2)
        boolean interleaved = c.flag("indexer_rope_interleave", modelType.startsWith("glm"));
        return Optional.of(new MlaMoeConfig.Indexer(
                c.integer("index_n_heads", 1, 65_536),
                headDim,
                c.integer("index_topk", 1, MAX),
                fullLayers(),
                rope.rope(ropeDims, interleaved),
                c.flag("index_share_for_mtp_iteration", true)));
    }

    /** Which layers select for themselves (GLM spec 2.6): the list, or else the pattern, or else frequency and offset. */
    private List<Boolean> fullLayers() {
        List<Boolean> full;
        Optional<List<String>> types = c.texts("indexer_types");
        String pattern = c.text("index_topk_pattern", "");
        if (types.isPresent()) {
            full = types.get().stream()
                    .map(t -> kind("indexer_types", t, "full", "shared"))
                    .toList();
        } else if (!pattern.isEmpty()) {
            full = pattern.chars()
                    .mapToObj(ch -> kind("index_topk_pattern", Character.toString(ch), "F", "S"))
                    .toList();
        } else {
            int frequency = c.integer("index_topk_freq", 1, MAX, 1);
            int offset = c.integer("index_skip_topk_offset", 0, MAX, 2);
            full = IntStream.range(0, layers)
                    .mapToObj(i -> Math.max(i - offset + 1, 0) % frequency == 0)
                    .toList();
        }
        if (full.size() < layers) {
            throw c.contradiction(
                    "the indexer schedule covers " + full.size() + " layers, num_hidden_layers is " + layers);
        }
        if (!full.getFirst()) {
            throw c.contradiction("layer 0 shares a selection, but no layer before it computes one");
        }
        return full.subList(0, layers);
    }

    private boolean kind(String field, String value, String yes, String no) {
        if (!value.equals(yes) && !value.equals(no)) {
            throw c.contradiction("field '" + field + "' holds '" + value + "'; it may hold " + yes + " and " + no);
        }
        return value.equals(yes);
    }

    private List<Boolean> denseLayers() {
        Optional<List<String>> types = c.texts("mlp_layer_types");
        if (types.isPresent()) {
            List<Boolean> dense = types.get().stream()
                    .map(t -> kind("mlp_layer_types", t, "dense", "sparse"))
                    .toList();
            if (dense.size() < layers) {
                throw c.contradiction(
                        "mlp_layer_types covers " + dense.size() + " layers, num_hidden_layers is " + layers);
            }
            return dense.subList(0, layers);
        }
        if (!c.has("n_routed_experts")) {
            return Collections.nCopies(layers, true);
        }
        int first = c.integer("first_k_dense_replace", 0, layers, 0);
        int frequency = c.integer("moe_layer_freq", 1, MAX, 1);
        List<Boolean> dense = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            dense.add(i < first || i % frequency != 0);
        }
        return dense;
    }

    private MlaMoeConfig.Experts experts() {
        int routed = c.integer("n_routed_experts", 1, 65_536);
        int topK = c.integer("num_experts_per_tok", 1, 65_536);
        int groups = c.integer("n_group", 1, 65_536, 1);
        int topGroups = c.integer("topk_group", 1, 65_536, 1);
        if (routed % groups != 0 || topGroups > groups || topK > (long) routed / groups * topGroups) {
            throw c.contradiction(routed + " experts in n_group " + groups + " with topk_group " + topGroups
                    + " cannot give num_experts_per_tok " + topK);
        }
        only("topk_method", c.text("topk_method", "noaux_tc"), "noaux_tc");
        return new MlaMoeConfig.Experts(
                routed,
                c.integer("n_shared_experts", 0, 1024, 0),
                c.integer("moe_intermediate_size", 1, MAX),
                new RoutingRule(
                        scoring(c.text("scoring_func", "sigmoid")),
                        groups,
                        topGroups,
                        topK,
                        c.flag("norm_topk_prob", true),
                        (float) c.number("routed_scaling_factor", 0, 1)));
    }

    private RoutingRule.Scoring scoring(String name) {
        return switch (name) {
            case "sigmoid" -> RoutingRule.Scoring.SIGMOID;
            case "softmax" -> RoutingRule.Scoring.SOFTMAX;
            default ->
                throw new UnsupportedException(
                        c.file() + ": scoring_func '" + name + "' is not supported; 'sigmoid' and 'softmax' are");
        };
    }

    private MlaMoeConfig.WeightBlock weightBlock() {
        Optional<ConfigReader> q = c.object("quantization_config");
        if (q.isEmpty()) {
            return new MlaMoeConfig.WeightBlock(128, 128);
        }
        String method = q.get().text("quant_method", "");
        if (!method.equals("fp8")) {
            throw new UnsupportedException(
                    c.file() + ": quantization_config.quant_method '" + method + "' is not supported; 'fp8' is");
        }
        List<Integer> block = q.get().integers("weight_block_size");
        if (block.isEmpty()) {
            return new MlaMoeConfig.WeightBlock(128, 128);
        }
        if (block.size() != 2 || block.contains(0)) {
            throw c.contradiction("quantization_config.weight_block_size must be two positive numbers, not " + block);
        }
        return new MlaMoeConfig.WeightBlock(block.get(0), block.get(1));
    }
}
