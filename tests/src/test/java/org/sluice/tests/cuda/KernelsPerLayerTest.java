package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.convert.Synthesizer;
import org.sluice.model.GraphOptions;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.Emulator;

/**
 * Kernels of a captured step of few rows, in models that are made like GLM-5.2 but for their widths. What counts as a layer's is
 * every kernel that a step runs more than without the layer, in a context in which the indexer scores: none is left out, and there is no mean
 * over layers.
 */
@ExtendWith(Emulated.class)
class KernelsPerLayerTest {
    private static final int MOST = 15;
    private static final int SELECTED = 32;
    private static final int CONTEXT = 128;

    /** A layer: whether it has an indexer, and whether it has experts. */
    private record Layer(boolean indexer, boolean experts) {}

    /** Each kind behind another one. */
    private static final List<Layer> LAYERS = List.of(
            new Layer(true, false),
            new Layer(true, false),
            new Layer(false, false),
            new Layer(true, true),
            new Layer(false, true));

    private static String description(List<Layer> layers, String indexer) {
        String indexers =
                layers.stream().map(l -> l.indexer ? "\"full\"" : "\"shared\"").collect(Collectors.joining(", "));
        String feedForward =
                layers.stream().map(l -> l.experts ? "\"sparse\"" : "\"dense\"").collect(Collectors.joining(", "));
        return """
                {"config": {"model_type": "glm_moe_dsa", "vocab_size": 320, "hidden_size": 256, "intermediate_size": 256,
                 "num_hidden_layers": %d, "num_nextn_predict_layers": 0, "rms_norm_eps": 1e-5,
                 "max_position_embeddings": 1024, "hidden_act": "silu", "attention_bias": false,
                 "tie_word_embeddings": false, "num_attention_heads": 4, "q_lora_rank": 64, "kv_lora_rank": 64,
                 "qk_nope_head_dim": 32, "qk_rope_head_dim": 32, "qk_head_dim": 64, "v_head_dim": 32,
                 "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "rope_interleave": true,
                 "indexer_rope_interleave": true, "index_n_heads": 4, "index_head_dim": 64, "index_topk": %d,
                 "indexer_types": [%s], "mlp_layer_types": [%s],
                 "n_routed_experts": 8, "num_experts_per_tok": 4, "n_shared_experts": 1, "moe_intermediate_size": 256,
                 "n_group": 1, "topk_group": 1, "norm_topk_prob": true, "routed_scaling_factor": 2.5,
                 "scoring_func": "sigmoid", "topk_method": "noaux_tc", "eos_token_id": [1]},
                 "types": {"embedding": "Q8_0", "head": "Q8_0", "attention": "Q8_0", "dense": "Q8_0", "sharedExpert": "Q8_0",
                  "routedExperts": "Q4_K", "router": "F32", "indexer": "%s", "norms": "F32"}}
                """.formatted(layers.size(), SELECTED, indexers, feedForward, indexer);
    }

    /** Kernels that steps of one to eight rows run, row by row. */
    private static List<Long> kernels(Path folder, List<Layer> layers, String indexer) throws IOException {
        Path json = Files.writeString(folder.resolve("model.json"), description(layers, indexer));
        Path file = folder.resolve("model.gguf");
        Files.deleteIfExists(file);
        Synthesizer.synthesize(Synthesizer.Description.read(json), file, ProgressListener.NONE, n -> {});
        List<Long> kernels = new ArrayList<>();
        try (OpenModel model = Models.open(file);
                Device device = Backends.open("cuda");
                Program program =
                        device.compile(model.model().graph(GraphOptions.DEFAULT), new ProgramOptions(64, 8, CONTEXT))) {
            for (int rows = 1; rows <= 8; rows++) {
                try (Sequence s = program.newSequence()) {
                    run(program, s, SELECTED);
                    long before = Emulator.get("LAUNCHES");
                    run(program, s, rows);
                    kernels.add(Emulator.get("LAUNCHES") - before);
                }
            }
        }
        return kernels;
    }

    private static void run(Program program, Sequence s, int rows) {
        Step step = new Step(64);
        step.add(s, rows);
        step.want(rows - 1);
        program.run(step);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Q8_0", "BF16"})
    void noLayerTakesMoreThanFifteen(String indexer, @TempDir Path folder, TestReporter reporter) throws IOException {
        Emulator.set("NOOP", 1);
        List<Long> before = kernels(folder, LAYERS.subList(0, 1), indexer);
        for (int n = 2; n <= LAYERS.size(); n++) {
            List<Long> with = kernels(folder, LAYERS.subList(0, n), indexer);
            for (int rows = 1; rows <= 8; rows++) {
                assertThat(with.get(rows - 1) - before.get(rows - 1))
                        .as("%s with an indexer of %s, %d rows", LAYERS.get(n - 1), indexer, rows)
                        .isBetween(1L, (long) MOST);
            }
            reporter.publishEntry(
                    LAYERS.get(n - 1) + ", indexer " + indexer, String.valueOf(with.getFirst() - before.getFirst()));
            before = with;
        }
        Emulated.assertAllFreed();
    }
}
