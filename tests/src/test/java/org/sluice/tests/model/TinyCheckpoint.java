package org.sluice.tests.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.sluice.checkpoint.SafetensorsWriter;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The smallest checkpoint that has everything: a dense and a sparse layer, a full and a shared indexer. Tests change its
 * configuration or its tensors before it is written.
 */
public final class TinyCheckpoint {
    /** Rows of embedding and head. */
    public static final int VOCABULARY = 40;
    /** Longest context its configuration allows. */
    public static final int CONTEXT = 96;

    private static final String CONFIG = """
            {"model_type": "glm_moe_dsa", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24,
             "num_hidden_layers": 2, "num_nextn_predict_layers": 0, "rms_norm_eps": 1e-5,
             "max_position_embeddings": 96, "hidden_act": "silu", "attention_bias": false,
             "tie_word_embeddings": false, "num_attention_heads": 2, "q_lora_rank": 8, "kv_lora_rank": 8,
             "qk_nope_head_dim": 4, "qk_rope_head_dim": 4, "qk_head_dim": 8, "v_head_dim": 6,
             "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "rope_interleave": true,
             "indexer_rope_interleave": true, "index_n_heads": 2, "index_head_dim": 8, "index_topk": 5,
             "indexer_types": ["full", "shared"], "mlp_layer_types": ["dense", "sparse"],
             "n_routed_experts": 4, "num_experts_per_tok": 2, "n_shared_experts": 1, "moe_intermediate_size": 8,
             "n_group": 1, "topk_group": 1, "norm_topk_prob": true, "routed_scaling_factor": 2.5,
             "scoring_func": "sigmoid", "topk_method": "noaux_tc", "eos_token_id": [39]}
            """;

    /** A tensor to be written: type and extents. */
    public record Tensor(DType dtype, long... extents) {}

    private final ObjectNode config = (ObjectNode) JsonMapper.shared().readTree(CONFIG);
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    /** The sound checkpoint. */
    public TinyCheckpoint() {
        add("model.embed_tokens.weight", VOCABULARY, 16);
        add("lm_head.weight", VOCABULARY, 16);
        add("model.norm.weight", 16);
        for (int i = 0; i < 2; i++) {
            layer("model.layers." + i + ".", i == 0);
        }
    }

    /** Adds a layer for multi-token prediction, with an indexer of its own. */
    public TinyCheckpoint withPrediction() {
        String p = "model.layers.2.";
        layer(p, false);
        indexer(p + "self_attn.");
        add(p + "enorm.weight", 16);
        add(p + "hnorm.weight", 16);
        add(p + "eh_proj.weight", 16, 32);
        add(p + "shared_head.norm.weight", 16);
        config.put("num_nextn_predict_layers", 1);
        return this;
    }

    /** Makes it deeper: a dense layer with an indexer and a sparse one without it take turns. */
    public TinyCheckpoint withLayers(int layers) {
        ArrayNode indexers = config.put("num_hidden_layers", layers).putArray("indexer_types");
        ArrayNode feedForward = config.putArray("mlp_layer_types");
        for (int i = 0; i < layers; i++) {
            indexers.add(i % 2 == 0 ? "full" : "shared");
            feedForward.add(i % 2 == 0 ? "dense" : "sparse");
            layer("model.layers." + i + ".", i % 2 == 0);
        }
        return this;
    }

    private void layer(String p, boolean first) {
        add(p + "input_layernorm.weight", 16);
        add(p + "post_attention_layernorm.weight", 16);
        String a = p + "self_attn.";
        add(a + "q_a_proj.weight", 8, 16);
        add(a + "q_a_layernorm.weight", 8);
        add(a + "q_b_proj.weight", 16, 8);
        add(a + "kv_a_proj_with_mqa.weight", 12, 16);
        add(a + "kv_a_layernorm.weight", 8);
        add(a + "kv_b_proj.weight", 20, 8);
        add(a + "o_proj.weight", 16, 12);
        if (first) {
            indexer(a);
            gated(p + "mlp.", 24);
            return;
        }
        add(p + "mlp.gate.weight", 4, 16);
        add(p + "mlp.gate.e_score_correction_bias", 4);
        for (int e = 0; e < 4; e++) {
            gated(p + "mlp.experts." + e + ".", 8);
        }
        gated(p + "mlp.shared_experts.", 8);
    }

    private void indexer(String a) {
        add(a + "indexer.wq_b.weight", 16, 8);
        add(a + "indexer.wk.weight", 8, 16);
        add(a + "indexer.k_norm.weight", 8);
        add(a + "indexer.k_norm.bias", 8);
        add(a + "indexer.weights_proj.weight", 2, 16);
    }

    private void gated(String p, int inner) {
        add(p + "gate_proj.weight", inner, 16);
        add(p + "up_proj.weight", inner, 16);
        add(p + "down_proj.weight", 16, inner);
    }

    private void add(String name, long... extents) {
        tensors.put(name, new Tensor(DType.F32, extents));
    }

    /** The configuration, to be changed. */
    public ObjectNode config() {
        return config;
    }

    /** The tensors, to be changed. */
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /** Writes configuration and one weight file. */
    public Path write(Path folder) {
        return write(folder, config.toString());
    }

    /** Writes one weight file and this text as configuration. */
    public Path write(Path folder, String configuration) {
        SafetensorsWriter.write(folder.resolve("model.safetensors"), data(tensors));
        return text(folder, "config.json", configuration);
    }

    /** Writes the weights to two files with an index. */
    public Path writeSharded(Path folder) {
        Map<String, Tensor> first = new TreeMap<>();
        Map<String, Tensor> second = new TreeMap<>();
        tensors.forEach((name, t) -> (name.contains(".1.") ? second : first).put(name, t));
        ObjectNode map = JsonMapper.shared().createObjectNode();
        first.keySet().forEach(n -> map.put(n, "model-00001-of-00002.safetensors"));
        second.keySet().forEach(n -> map.put(n, "model-00002-of-00002.safetensors"));
        SafetensorsWriter.write(folder.resolve("model-00001-of-00002.safetensors"), data(first));
        SafetensorsWriter.write(folder.resolve("model-00002-of-00002.safetensors"), data(second));
        text(folder, "model.safetensors.index.json", "{\"metadata\": {}, \"weight_map\": " + map + "}");
        return text(folder, "config.json", config.toString());
    }

    private static Path text(Path folder, String name, String content) {
        try {
            Files.writeString(folder.resolve(name), content);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<SafetensorsWriter.Tensor> data(Map<String, Tensor> tensors) {
        SplittableRandom random = new SplittableRandom(1);
        return tensors.entrySet().stream()
                .map(e -> {
                    Shape shape = Shape.of(e.getValue().extents());
                    MemorySegment bytes =
                            Arena.ofAuto().allocate(e.getValue().dtype().bytes(shape.elements()), 64);
                    boolean norm = e.getKey().contains("norm");
                    for (long i = 0; e.getValue().dtype() == DType.F32 && i < shape.elements(); i++) {
                        float v = (float) (norm ? 1 : 0.4 * random.nextGaussian());
                        bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, v);
                    }
                    return SafetensorsWriter.Tensor.of(e.getKey(), e.getValue().dtype(), shape, bytes);
                })
                .toList();
    }
}
