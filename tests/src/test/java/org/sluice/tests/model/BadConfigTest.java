package org.sluice.tests.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.error.CheckpointException;
import org.sluice.error.SluiceException;
import org.sluice.error.UnsupportedException;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import tools.jackson.databind.node.ObjectNode;

/** Configurations that are wrong: one exception that names file and field, and nothing stays open. */
class BadConfigTest {
    @TempDir
    Path folder;

    @Test
    void soundOneOpens() {
        try (OpenModel m = Models.open(new TinyCheckpoint().write(folder))) {
            assertThat(m.model().vocabSize()).isEqualTo(TinyCheckpoint.VOCABULARY);
        }
        Leftovers.assertNone(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vocab_size",
                "hidden_size",
                "intermediate_size",
                "num_hidden_layers",
                "max_position_embeddings",
                "num_attention_heads",
                "q_lora_rank",
                "kv_lora_rank",
                "qk_nope_head_dim",
                "qk_rope_head_dim",
                "v_head_dim",
                "index_n_heads",
                "index_head_dim",
                "index_topk",
                "n_routed_experts",
                "num_experts_per_tok",
                "moe_intermediate_size"
            })
    void neededNumbers(String field) {
        refused(c -> c.remove(field), CheckpointException.class, field);
        refused(c -> c.put(field, "7"), CheckpointException.class, field);
        refused(c -> c.put(field, true), CheckpointException.class, field);
        refused(c -> c.put(field, 2.5), CheckpointException.class, field);
        refused(c -> c.put(field, -3), CheckpointException.class, field);
        refused(c -> c.put(field, 0), CheckpointException.class, field);
        refused(c -> c.put(field, 1L << 40), CheckpointException.class, field);
        refused(c -> c.putArray(field).add(4), CheckpointException.class, field);
        refused(c -> c.putObject(field), CheckpointException.class, field);
    }

    static Stream<Arguments> changes() {
        List<Arguments> all = new ArrayList<>();
        unsupported(all, "model_type", c -> c.put("model_type", "llama"));
        unsupported(all, "model_type", c -> c.remove("model_type"));
        unsupported(all, "rope_type", c -> rope(c).put("rope_type", "longrope"));
        unsupported(all, "hidden_act", c -> c.put("hidden_act", "gelu"));
        unsupported(all, "attention_bias", c -> c.put("attention_bias", true));
        unsupported(all, "scoring_func", c -> c.put("scoring_func", "tanh"));
        unsupported(all, "topk_method", c -> c.put("topk_method", "greedy"));
        unsupported(all, "quant_method", c -> c.putObject("quantization_config").put("quant_method", "awq"));
        unsupported(all, "quant_method", c -> c.putObject("quantization_config"));
        wrong(all, "model_type", c -> c.put("model_type", 5));
        wrong(all, "rms_norm_eps", c -> c.put("rms_norm_eps", "small"));
        wrong(all, "rms_norm_eps", c -> c.put("rms_norm_eps", 0));
        wrong(all, "rms_norm_eps", c -> c.put("rms_norm_eps", Double.NaN));
        wrong(all, "routed_scaling_factor", c -> c.put("routed_scaling_factor", -1));
        wrong(all, "rope_theta", c -> rope(c).remove("rope_theta"));
        wrong(all, "rope_theta", c -> rope(c).put("rope_theta", "many"));
        wrong(all, "rope_theta", c -> rope(c).put("rope_theta", 0.5));
        wrong(all, "rope_parameters", c -> c.put("rope_parameters", 3));
        wrong(all, "factor", c -> rope(c).put("rope_type", "yarn"));
        wrong(all, "rope_interleave", c -> c.put("rope_interleave", "yes"));
        wrong(all, "qk_rope_head_dim", c -> c.put("qk_rope_head_dim", 3));
        wrong(all, "qk_head_dim", c -> c.put("qk_head_dim", 9));
        wrong(all, "index_head_dim", c -> c.put("index_head_dim", 2));
        wrong(all, "n_group", c -> c.put("n_group", 3));
        wrong(all, "topk_group", c -> c.put("topk_group", 2));
        wrong(all, "num_experts_per_tok", c -> c.put("num_experts_per_tok", 5));
        wrong(all, "indexer", c -> c.putArray("indexer_types").add("full"));
        wrong(all, "indexer_types", c -> c.putArray("indexer_types").add("full").add("half"));
        wrong(all, "indexer_types", c -> c.putArray("indexer_types").add("full").add(1));
        wrong(all, "layer 0", c -> c.putArray("indexer_types").add("shared").add("full"));
        wrong(all, "mlp_layer_types", c -> c.putArray("mlp_layer_types").add("dense"));
        wrong(all, "mlp_layer_types", c -> c.put("mlp_layer_types", "dense"));
        wrong(all, "eos_token_id", c -> c.put("eos_token_id", "</s>"));
        wrong(all, "eos_token_id", c -> c.putArray("eos_token_id").add(-1));
        wrong(all, "quantization_config", c -> c.put("quantization_config", "fp8"));
        wrong(
                all,
                "weight_block_size",
                c -> fp8(c).putArray("weight_block_size").add(128));
        wrong(
                all,
                "weight_block_size",
                c -> fp8(c).putArray("weight_block_size").add(0).add(128));
        wrong(all, "num_nextn_predict_layers", c -> c.put("num_nextn_predict_layers", 1000));
        return all.stream();
    }

    private static ObjectNode rope(ObjectNode c) {
        return (ObjectNode) c.get("rope_parameters");
    }

    private static ObjectNode fp8(ObjectNode c) {
        return c.putObject("quantization_config").put("quant_method", "fp8");
    }

    private static void wrong(List<Arguments> all, String field, Consumer<ObjectNode> change) {
        all.add(Arguments.of(field, CheckpointException.class, change));
    }

    private static void unsupported(List<Arguments> all, String field, Consumer<ObjectNode> change) {
        all.add(Arguments.of(field, UnsupportedException.class, change));
    }

    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("changes")
    void fieldIsNamed(String field, Class<? extends SluiceException> type, Consumer<ObjectNode> change) {
        refused(change, type, field);
    }

    private void refused(Consumer<ObjectNode> change, Class<? extends SluiceException> type, String field) {
        TinyCheckpoint tiny = new TinyCheckpoint();
        change.accept(tiny.config());
        refusedText(tiny.config().toString(), type, field);
    }

    private void refusedText(String config, Class<? extends SluiceException> type, String says) {
        new TinyCheckpoint().write(folder, config);
        assertThatThrownBy(() -> Models.open(folder))
                .as(config.length() > 2000 ? config.substring(0, 2000) : config)
                .isExactlyInstanceOf(type)
                .hasMessageContaining("config.json")
                .hasMessageContaining(says);
        assertThatThrownBy(() -> Engine.load(folder)).isExactlyInstanceOf(type);
        Leftovers.assertNone(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "[]",
                "7",
                "null",
                "{",
                "{\"model_type\": \"glm_moe_dsa\",}",
                "{\"model_type\": NaN}",
                "{\"a\": 01}",
                "{\"vocab_size\": 1, \"vocab_size\": 2}",
                "{\"a\": {\"b\": 1, \"b\": 2}}"
            })
    void notTheRightJson(String text) {
        refusedText(text, CheckpointException.class, "");
    }

    @Test
    void hugeNumbersAndDeepNesting() {
        String sound = new TinyCheckpoint().config().toString();
        refusedText(
                sound.replace("\"hidden_size\":16", "\"hidden_size\":1" + "0".repeat(900)),
                CheckpointException.class,
                "hidden_size");
        refusedText(
                sound.replace("\"rms_norm_eps\":1.0E-5", "\"rms_norm_eps\":1e999"),
                CheckpointException.class,
                "rms_norm_eps");
        refusedText("{\"a\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}", CheckpointException.class, "");
    }

    @Test
    void bytesThatAreNoText() throws IOException {
        new TinyCheckpoint().write(folder);
        byte[] text = Files.readAllBytes(folder.resolve("config.json"));
        text[new String(text, StandardCharsets.UTF_8).indexOf("glm_moe")] = (byte) 0xc3;
        Files.write(folder.resolve("config.json"), text);
        assertThatThrownBy(() -> Models.open(folder))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining("UTF-8");
    }

    @Test
    void tooLargeOrMissing() throws IOException {
        new TinyCheckpoint().write(folder, "{\"a\": \"" + "x".repeat(17 << 20) + "\"}");
        assertThatThrownBy(() -> Models.open(folder))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining("too many");
        Files.delete(folder.resolve("config.json"));
        assertThatThrownBy(() -> Models.open(folder))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json");
        assertThatThrownBy(() -> Models.open(folder.resolve("nowhere")))
                .isExactlyInstanceOf(CheckpointException.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> Models.open(folder.resolve("model.safetensors")))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining("model.safetensors");
        Leftovers.assertNone(folder);
    }
}
