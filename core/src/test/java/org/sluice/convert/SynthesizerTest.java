package org.sluice.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.ProgressListener;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.checkpoint.GgufTokenizer;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.SluiceException;
import org.sluice.model.DraftGraphs;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

class SynthesizerTest {

    @TempDir
    private Path folder;

    private static String config(int vocabulary, int predictionLayers) {
        return """
            {"model_type": "glm_moe_dsa", "vocab_size": %d, "hidden_size": 256, "num_hidden_layers": 3,
             "num_nextn_predict_layers": %d, "intermediate_size": 512, "moe_intermediate_size": 256,
             "first_k_dense_replace": 1, "num_attention_heads": 4, "q_lora_rank": 128, "kv_lora_rank": 64,
             "qk_nope_head_dim": 48, "qk_rope_head_dim": 16, "v_head_dim": 32, "n_routed_experts": 4,
             "num_experts_per_tok": 2, "n_shared_experts": 1, "index_n_heads": 4, "index_head_dim": 32,
             "index_topk": 16, "indexer_types": ["full", "shared", "full"], "rope_theta": 10000,
             "max_position_embeddings": 512}
            """.formatted(vocabulary, predictionLayers);
    }

    private Path description(int vocabulary, int predictionLayers, String types) throws IOException {
        Path file = folder.resolve("model.json");
        Files.writeString(
                file, "{\"config\": " + config(vocabulary, predictionLayers) + ", \"types\": {" + types + "}}");
        return file;
    }

    private Path write(Path description, long seed, int threads, List<String> notes) {
        Path file = folder.resolve("m-" + seed + "-" + threads + ".gguf");
        Synthesizer.Description what = Synthesizer.Description.read(description);
        ConvertOptions options = ConvertOptions.of(what.types())
                .withThreads(threads)
                .withOverwrite(true)
                .withListeners(ProgressListener.NONE, notes::add);
        Synthesizer.synthesize(what, file, seed, options);
        return file;
    }

    static Stream<DType> readable() {
        return Arrays.stream(DType.values()).filter(t -> t.ggmlId() >= 0 && t.isReal());
    }

    @ParameterizedTest
    @MethodSource("readable")
    void everyReadableType(DType type) throws IOException {
        Path file = write(description(512, 0, "\"routedExperts\": \"" + type + "\""), 1, 2, new ArrayList<>());
        try (OpenModel open = Models.open(file)) {
            assertThat(open.model().summary().types()).containsKey(type.name());
            Weight w = open.checkpoint().find("blk.1.ffn_gate_exps.weight").orElseThrow();
            assertThat(w.dtype()).isEqualTo(type);
            double sum = 0;
            for (int r = 0; r < 256; r++) {
                for (float v : Weights.toFloats(w, 3, r)) {
                    assertThat(v).isFinite();
                    sum += v * v;
                }
            }
            // rows of unit size must give results of unit size
            assertThat(sum / 256).isCloseTo(1, within(0.3));
        }
    }

    @Test
    void theSameSeedGivesTheSameFileOnAnyNumberOfThreads() throws IOException {
        Path description = description(512, 1, "\"routedExperts\": \"Q4_K\"");
        byte[] one = Files.readAllBytes(write(description, 5, 1, new ArrayList<>()));
        assertThat(Files.readAllBytes(write(description, 5, 3, new ArrayList<>())))
                .isEqualTo(one);
        assertThat(Files.readAllBytes(write(description, 6, 1, new ArrayList<>())))
                .hasSameSizeAs(one)
                .isNotEqualTo(one);
    }

    @Test
    void tensorsOfOneModelDiffer() throws IOException {
        try (GgufCheckpoint in = GgufCheckpoint.open(write(description(512, 0, ""), 1, 1, new ArrayList<>()))) {
            Weight a = in.find("blk.0.attn_q_a.weight").orElseThrow();
            Weight b = in.find("blk.1.attn_q_a.weight").orElseThrow();
            assertThat(a.data().mismatch(b.data())).isNotNegative();
        }
    }

    @Test
    void rowsThatDoNotDivideGetASmallerBlock() throws IOException {
        List<String> notes = new ArrayList<>();
        try (GgufCheckpoint in =
                GgufCheckpoint.open(write(description(512, 0, "\"attention\": \"Q6_K\""), 1, 1, notes))) {
            // 48 is not even a multiple of 32
            assertThat(in.find("blk.0.attn_k_b.weight").orElseThrow().dtype()).isEqualTo(DType.BF16);
            assertThat(in.find("blk.0.attn_v_b.weight").orElseThrow().dtype()).isEqualTo(DType.Q8_0);
            assertThat(in.find("blk.0.attn_q_a.weight").orElseThrow().dtype()).isEqualTo(DType.Q6_K);
        }
        assertThat(notes).anyMatch(n -> n.contains("blk.0.attn_k_b.weight") && n.contains("48") && n.contains("BF16"));
    }

    @Test
    void predictionLayersAreWritten() throws IOException {
        try (OpenModel open = Models.open(write(description(512, 1, ""), 1, 1, new ArrayList<>()))) {
            assertThat(open.checkpoint().tensorNames())
                    .contains("blk.3.nextn.eh_proj.weight", "blk.3.indexer.proj.weight", "blk.3.ffn_up_exps.weight");
            assertThat(open.model().drafts(DraftGraphs.Head.FULL)).isPresent();
        }
    }

    @ParameterizedTest
    @MethodSource("readable")
    void inMemoryAsInAFile(DType type) throws IOException {
        Path description = description(512, 1, "\"routedExperts\": \"" + type + "\"");
        try (OpenModel file = Models.open(write(description, 1, 2, new ArrayList<>()));
                OpenModel memory = Synthesizer.inMemory(Synthesizer.Description.read(description), 1)) {
            assertThat(memory.model().summary()).isEqualTo(file.model().summary());
            assertThat(memory.checkpoint().bytes()).isEqualTo(file.checkpoint().bytes());
            assertThat(memory.model().drafts(DraftGraphs.Head.FULL)).isPresent();
            Weight gate = memory.checkpoint().find("blk.1.ffn_gate_exps.weight").orElseThrow();
            double sum = 0;
            for (int r = 0; r < 256; r++) {
                for (float v : Weights.toFloats(gate, 3, r)) {
                    sum += v * v;
                }
            }
            assertThat(sum / 256).isCloseTo(1, within(0.3));
            assertThat(gate.slices().get(0).mismatch(gate.slices().get(1))).isNotNegative();
            Weight norm = memory.checkpoint().find("output_norm.weight").orElseThrow();
            assertThat(Weights.toFloats(norm, 0, 0)).containsOnly(1);
        }
    }

    @Test
    void vocabularyAndMarkers() throws IOException {
        try (GgufCheckpoint in = GgufCheckpoint.open(write(description(300, 0, ""), 1, 1, new ArrayList<>()))) {
            GgufTokenizer t = GgufTokenizer.of(in.metadata());
            assertThat(t.stopIds()).hasSize(3).allMatch(id -> id < 300);
            assertThat(t.chatTemplate()).isPresent();
            assertThat(t.tokenizerJson()).contains("<|assistant|>");
        }
    }

    @Test
    void aVocabularyWithoutRoomForBytesGetsNoTokenizer() throws IOException {
        List<String> notes = new ArrayList<>();
        try (OpenModel open = Models.open(write(description(200, 0, ""), 1, 1, notes))) {
            assertThat(open.model().vocabSize()).isEqualTo(200);
        }
        assertThat(notes).anyMatch(n -> n.contains("no room"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | config",
                "{\"config\": 3} | config",
                "{\"config\": {}} | num_hidden_layers",
                "not JSON | JSON",
                "{\"config\": {\"model_type\": \"llama\"}} | llama"
            })
    void brokenDescriptions(String text, String word) throws IOException {
        Path file = folder.resolve("broken.json");
        Files.writeString(file, text.replace("{\"config\": {}}", "{\"config\": {\"model_type\": \"glm_moe_dsa\"}}"));
        assertThatThrownBy(() -> Synthesizer.Description.read(file))
                .isInstanceOf(SluiceException.class)
                .hasMessageContainingAll(file.toString(), word);
    }

    @ParameterizedTest
    @CsvSource({"atention,Q8_0,atention", "attention,Q9,Q9", "attention,F8_E4M3,F8_E4M3", "norms,BF16,norms"})
    void brokenTypes(String tensors, String type, String word) throws IOException {
        Path file = description(512, 0, "\"" + tensors + "\": \"" + type + "\"");
        assertThatThrownBy(() -> Synthesizer.Description.read(file))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(word);
    }

    @Test
    void anExistingFileIsKept() throws IOException {
        Path target = folder.resolve("kept.gguf");
        Files.writeString(target, "mine");
        Synthesizer.Description what = Synthesizer.Description.read(description(512, 0, ""));
        assertThatThrownBy(() -> Synthesizer.synthesize(what, target, ProgressListener.NONE, line -> {}))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(target.toString());
        assertThat(target).hasContent("mine");
        assertThatThrownBy(() -> Synthesizer.synthesize(what, folder, ProgressListener.NONE, line -> {}))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("folder");
    }

    @Test
    void whereNothingCanBeWritten() throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(file, "");
        Synthesizer.Description what = Synthesizer.Description.read(description(512, 0, ""));
        Path target = file.resolve("below.gguf");
        assertThatThrownBy(() -> Synthesizer.synthesize(what, target, ProgressListener.NONE, line -> {}))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file.toString());
    }
}
