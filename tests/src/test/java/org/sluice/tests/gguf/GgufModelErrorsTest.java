package org.sluice.tests.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.chat.ChatFormat;
import org.sluice.checkpoint.GgufArray;
import org.sluice.checkpoint.GgufValue;
import org.sluice.error.CheckpointException;
import org.sluice.error.SluiceException;
import org.sluice.error.UnsupportedException;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/** GGUF models that lack something or contradict themselves are refused, and the message names file and place. */
@Tag("fixtures")
class GgufModelErrorsTest {
    private static final String ARCH = "glm-dsa.";

    @TempDir
    private Path folder;

    private static GgufEdit model() {
        return GgufEdit.of(GgufModels.tiny());
    }

    private Path write(GgufEdit edit) {
        return edit.write(folder.resolve("broken.gguf"));
    }

    private void refused(GgufEdit edit, Class<? extends SluiceException> type, String... words) {
        Path file = write(edit);
        assertThatExceptionOfType(type)
                .isThrownBy(() -> Models.open(file).close())
                .satisfies(e -> assertThat(e).hasMessageContainingAll(words))
                .withMessageContaining(file.toString());
    }

    @Test
    void theModelItselfOpens() {
        try (OpenModel m = Models.open(GgufModels.tiny())) {
            assertThat(m.model().vocabSize()).isEqualTo(192);
            assertThat(m.model().maxContext()).isEqualTo(1_048_576);
        }
    }

    static List<String> required() {
        return List.of(
                "block_count",
                "context_length",
                "embedding_length",
                "feed_forward_length",
                "attention.layer_norm_rms_epsilon",
                "attention.head_count",
                "attention.kv_lora_rank",
                "attention.indexer.head_count",
                "attention.indexer.key_length",
                "attention.indexer.top_k",
                "rope.dimension_count",
                "expert_used_count",
                "expert_feed_forward_length");
    }

    @ParameterizedTest
    @MethodSource("required")
    void missingKeys(String key) {
        refused(model().remove(ARCH + key), CheckpointException.class, ARCH + key, "missing");
    }

    static Stream<String> typed() {
        return Stream.concat(
                required().stream(),
                Stream.of(
                        "attention.q_lora_rank",
                        "attention.key_length_mla",
                        "attention.value_length_mla",
                        "attention.indexer.types",
                        "leading_dense_block_count",
                        "expert_count",
                        "expert_weights_scale",
                        "expert_weights_norm",
                        "expert_gating_func",
                        "rope.freq_base",
                        "vocab_size"));
    }

    @ParameterizedTest
    @MethodSource("typed")
    void keysOfAnotherType(String key) {
        refused(model().set(ARCH + key, GgufValue.of("many")), CheckpointException.class, ARCH + key, "instead of");
    }

    @Test
    void architecture() {
        refused(model().remove("general.architecture"), CheckpointException.class, "general.architecture");
        refused(
                model().set("general.architecture", GgufValue.of("llama")),
                UnsupportedException.class,
                "'llama'",
                "glm-dsa",
                "deepseek2");
    }

    static List<Arguments> contradictions() {
        return List.of(
                Arguments.of("nextn_predict_layers", GgufValue.of(8), "block_count"),
                Arguments.of("block_count", GgufValue.of(9), "8 layers of 9"),
                Arguments.of("block_count", GgufValue.of(-1 >>> 1), "block_count"),
                Arguments.of("block_count", GgufValue.of(0), "block_count"),
                Arguments.of("rope.dimension_count", GgufValue.of(15), "even"),
                Arguments.of("rope.dimension_count", GgufValue.of(40), "rope.dimension_count"),
                Arguments.of("rope.dimension_count", GgufValue.of(8), "attn_kv_a_mqa"),
                Arguments.of("attention.key_length_mla", GgufValue.of(48), "attn_q_b"),
                Arguments.of("attention.value_length_mla", GgufValue.of(33), "attn_v_b"),
                Arguments.of("attention.head_count", GgufValue.of(5), "attn_q_b"),
                Arguments.of("attention.q_lora_rank", GgufValue.of(47), "attn_q_a"),
                Arguments.of("attention.kv_lora_rank", GgufValue.of(31), "attn_kv_a_mqa"),
                Arguments.of("embedding_length", GgufValue.of(63), "token_embd"),
                Arguments.of("feed_forward_length", GgufValue.of(95), "ffn_gate"),
                Arguments.of("leading_dense_block_count", GgufValue.of(1), "blk.1.ffn_gate_inp"),
                Arguments.of("leading_dense_block_count", GgufValue.of(3), "blk.2.ffn_gate"),
                Arguments.of("expert_count", GgufValue.of(7), "ffn_gate_inp"),
                Arguments.of("expert_used_count", GgufValue.of(9), "expert_used_count"),
                Arguments.of("expert_group_count", GgufValue.of(3), "expert_group_count"),
                Arguments.of("expert_feed_forward_length", GgufValue.of(31), "ffn_gate_exps"),
                Arguments.of("expert_shared_count", GgufValue.of(2), "ffn_gate_shexp"),
                Arguments.of("vocab_size", GgufValue.of(191), "vocab_size"),
                Arguments.of("attention.indexer.key_length", GgufValue.of(8), "attention.indexer.key_length"),
                Arguments.of("attention.indexer.head_count", GgufValue.of(3), "indexer.attn_q_b"),
                Arguments.of("attention.indexer.types", GgufValue.of(GgufArray.ofInts(1, 0, 0)), "3 layers of 8"),
                Arguments.of(
                        "attention.indexer.types", GgufValue.of(GgufArray.ofInts(0, 1, 1, 0, 0, 0, 1, 0)), "layer 0"),
                Arguments.of(
                        "attention.indexer.types",
                        GgufValue.of(GgufArray.ofTexts(
                                List.of("full", "some", "full", "full", "full", "full", "full", "full"))),
                        "'some'"),
                Arguments.of(
                        "attention.indexer.types",
                        GgufValue.of(GgufArray.ofInts(1, 1, 1, 1, 0, 0, 1, 0)),
                        "blk.3.indexer.attn_q_b"),
                Arguments.of("feed_forward_length", GgufValue.of(GgufArray.ofInts(96, 64)), "different values"),
                Arguments.of("rope.freq_base", GgufValue.of(Float.NaN), "rope.freq_base"),
                Arguments.of("attention.layer_norm_rms_epsilon", GgufValue.of(-1f), "rms_epsilon"));
    }

    @ParameterizedTest(name = "{0} = {1}")
    @MethodSource("contradictions")
    void contradictions(String key, GgufValue value, String word) {
        refused(model().set(ARCH + key, value), CheckpointException.class, word);
    }

    @Test
    void moreTokensThanRows() {
        List<String> tokens =
                Stream.iterate(0, i -> i + 1).limit(193).map(i -> "t" + i).toList();
        refused(
                model().set("tokenizer.ggml.tokens", GgufValue.of(GgufArray.ofTexts(tokens))),
                CheckpointException.class,
                "193",
                "192",
                "tokenizer.ggml.tokens");
    }

    @Test
    void whatIsNotSupportedSaysSo() {
        refused(model().remove(ARCH + "attention.q_lora_rank"), UnsupportedException.class, "q_lora_rank");
        refused(
                model().set(ARCH + "expert_gating_func", GgufValue.of(4)),
                UnsupportedException.class,
                "expert_gating_func 4");
        refused(
                model().set(ARCH + "rope.scaling.type", GgufValue.of("longrope")),
                UnsupportedException.class,
                "longrope");
        refused(
                model().set(ARCH + "expert_gating_func", GgufValue.of(1))
                        .set(ARCH + "expert_group_count", GgufValue.of(2)),
                UnsupportedException.class,
                "softmax");
    }

    static List<String> tensors() {
        return List.of(
                "token_embd.weight",
                "output_norm.weight",
                "blk.0.attn_norm.weight",
                "blk.1.attn_q_a.weight",
                "blk.2.attn_q_a_norm.weight",
                "blk.3.attn_q_b.weight",
                "blk.4.attn_kv_a_mqa.weight",
                "blk.5.attn_kv_a_norm.weight",
                "blk.6.attn_k_b.weight",
                "blk.7.attn_v_b.weight",
                "blk.0.attn_output.weight",
                "blk.1.ffn_norm.weight",
                "blk.0.ffn_down.weight",
                "blk.2.ffn_gate_inp.weight",
                "blk.3.ffn_gate_exps.weight",
                "blk.4.ffn_up_exps.weight",
                "blk.5.ffn_down_exps.weight",
                "blk.6.ffn_up_shexp.weight",
                "blk.6.indexer.k_norm.bias",
                "blk.2.indexer.proj.weight");
    }

    @ParameterizedTest
    @MethodSource("tensors")
    void missingTensors(String tensor) {
        refused(model().drop(tensor), CheckpointException.class, "'" + tensor + "'", "missing");
    }

    @ParameterizedTest
    @MethodSource("tensors")
    void tensorsOfAnotherShape(String tensor) {
        GgufEdit edit = model();
        int rank = edit.get(tensor).shape().rank();
        long[] extents = new long[rank];
        for (int i = 0; i < rank; i++) {
            extents[i] = edit.get(tensor).shape().extent(i) + (i == 0 ? 1 : 0);
        }
        refused(edit.zeros(tensor, extents), CheckpointException.class, "'" + tensor + "'");
    }

    @Test
    void aMatrixWhereABankBelongs() {
        refused(model().zeros("blk.4.ffn_up_exps.weight", 8 * 32, 64), CheckpointException.class, "ffn_up_exps");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.001, 0.1, 0.5, 0.999})
    void truncatedFiles(double part) throws IOException {
        Path file = write(model());
        cut(file, (long) (part * Files.size(file)));
        assertThatThrownBy(() -> Models.open(file).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void splitModels() throws IOException {
        List<Path> shards = model().write(folder.resolve("m.gguf"), 300_000);
        Path second = shards.get(1);
        byte[] content = Files.readAllBytes(second);

        cut(second, content.length - 64L);
        assertThatThrownBy(() -> Models.open(shards.getFirst()).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(second.toString());

        Files.delete(second);
        assertThatThrownBy(() -> Models.open(shards.getLast()).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(second.getFileName().toString());

        Files.copy(shards.getFirst(), second);
        assertThatThrownBy(() -> Models.open(shards.getFirst()).close()).isInstanceOf(CheckpointException.class);

        Files.write(second, content);
        Models.open(shards.getFirst()).close();
    }

    @Test
    void aFileCutWhileItIsOpen() throws IOException {
        Path file = write(model());
        try (OpenModel open = Models.open(file)) {
            cut(file, Files.size(file) / 2);
            assertThatThrownBy(() -> open.checkpoint().find("blk.7.ffn_down_exps.weight"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(file.toString(), "cut");
        }
    }

    @Test
    void nothingThere() {
        assertThatThrownBy(() -> Models.open(folder.resolve("none.gguf")).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("none.gguf", "does not exist");
    }

    @Test
    void twoModelsInAFolder() {
        write(model());
        model().write(folder.resolve("other.gguf"));
        assertThatThrownBy(() -> Models.open(folder).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("broken.gguf", "other.gguf");
    }

    @Test
    void chattingNeedsATokenizerAndATemplate() {
        Path file = write(model());
        assertThatThrownBy(() -> ChatFormat.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(file.toString(), "tokenizer.ggml.model");
        Path bare = GgufEdit.of(GgufModels.demo("Q8_0"))
                .remove("tokenizer.chat_template")
                .write(folder.resolve("bare.gguf"));
        assertThatThrownBy(() -> ChatFormat.open(bare))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(bare.toString(), "chat_template");
    }

    private static void cut(Path file, long bytes) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.setLength(bytes);
        }
    }
}
