package org.sluice.tests.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.backend.ProgressListener;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.checkpoint.GgufValue;
import org.sluice.checkpoint.GgufWriter;
import org.sluice.convert.ConvertOptions;
import org.sluice.convert.Converted;
import org.sluice.convert.Converter;
import org.sluice.convert.TypePlan;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;
import org.sluice.model.DraftGraphs;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;
import org.sluice.tests.Fixtures;

@Tag("fixtures")
class ConverterTest {
    private static final String TENSOR = "blk.2.ffn_up_exps.weight";
    private static final int EXPERTS = 16;
    private static final int HIDDEN = 256;

    @TempDir
    private Path folder;

    private static ConvertOptions options(TypePlan types) {
        return ConvertOptions.of(types).withThreads(2).withListeners(ProgressListener.NONE, line -> {});
    }

    private Path convert(TypePlan types) {
        Path file = folder.resolve("m.gguf");
        Converter.convert(Fixtures.demoModel(), file, options(types).withOverwrite(true));
        return file;
    }

    private static DType type(Path file, String tensor) {
        try (GgufCheckpoint in = GgufCheckpoint.open(file)) {
            return in.find(tensor).orElseThrow().dtype();
        }
    }

    @Test
    void everyClassInItsType() {
        Path file = convert(TypePlan.preset("Q8_0")
                .with("embedding", "Q6_K")
                .with("head", "BF16")
                .with("attention", "Q4_K")
                .with("dense", "Q5_K")
                .with("sharedExpert", "F16")
                .with("routedExperts", "Q3_K")
                .with("router", "BF16")
                .with("indexer", "F32"));
        assertThat(type(file, "token_embd.weight")).isEqualTo(DType.Q6_K);
        assertThat(type(file, "output.weight")).isEqualTo(DType.BF16);
        assertThat(type(file, "blk.3.attn_q_a.weight")).isEqualTo(DType.Q4_K);
        assertThat(type(file, "blk.3.attn_k_b.weight")).isEqualTo(DType.Q5_0);
        assertThat(type(file, "blk.0.ffn_gate.weight")).isEqualTo(DType.Q5_K);
        assertThat(type(file, "blk.3.ffn_up_shexp.weight")).isEqualTo(DType.F16);
        assertThat(type(file, TENSOR)).isEqualTo(DType.Q3_K);
        assertThat(type(file, "blk.2.ffn_down_exps.weight")).isEqualTo(DType.Q4_0);
        assertThat(type(file, "blk.2.ffn_gate_inp.weight")).isEqualTo(DType.BF16);
        assertThat(type(file, "blk.2.indexer.proj.weight")).isEqualTo(DType.F32);
        assertThat(type(file, "blk.2.exp_probs_b.bias")).isEqualTo(DType.F32);
        assertThat(type(file, "blk.8.nextn.eh_proj.weight")).isEqualTo(DType.Q5_K);
        assertThat(type(file, "blk.8.nextn.enorm.weight")).isEqualTo(DType.F32);
        Models.open(file).close();
    }

    @Test
    void valuesAreThoseOfTheCheckpoint() {
        Path file = convert(TypePlan.preset("BF16"));
        try (OpenModel from = Models.open(Fixtures.demoModel());
                GgufCheckpoint to = GgufCheckpoint.open(file)) {
            Weight source =
                    from.checkpoint().bank("model.layers.5.mlp.experts.{e}.down_proj.weight", EXPERTS, HIDDEN, 64);
            Weight written = to.find("blk.5.ffn_down_exps.weight").orElseThrow();
            for (int e = 0; e < EXPERTS; e++) {
                assertThat(Weights.toFloats(written, e, 77)).isEqualTo(Weights.toFloats(source, e, 77));
            }
            // a head has 32 key rows and 64 value rows of 64
            Weight up = from.checkpoint()
                    .find("model.layers.5.self_attn.kv_b_proj.weight")
                    .orElseThrow();
            Weight key = to.find("blk.5.attn_k_b.weight").orElseThrow();
            Weight value = to.find("blk.5.attn_v_b.weight").orElseThrow();
            assertThat(key.shape()).isEqualTo(Shape.of(4, 64, 32));
            for (int h = 0; h < 4; h++) {
                assertThat(Weights.toFloats(value, h, 9)).isEqualTo(Weights.toFloats(up, 0, h * 96L + 32 + 9));
                for (int d = 0; d < 32; d++) {
                    assertThat(Weights.toFloats(key, h, 13)[d]).isEqualTo(Weights.toFloats(up, 0, h * 96L + d)[13]);
                }
            }
        }
    }

    @Test
    void shardsAndProgress() {
        List<Long> seen = new ArrayList<>();
        long[] total = {0};
        ConvertOptions options = options(TypePlan.preset("F32"))
                .withSplitBytes(8 << 20)
                .withListeners(
                        (stage, done, all) -> {
                            seen.add(done);
                            total[0] = all;
                        },
                        line -> {});
        Converted done = Converter.convert(Fixtures.demoModel(), folder.resolve("split.gguf"), options);
        assertThat(done.files())
                .hasSizeGreaterThan(3)
                .allSatisfy(f -> assertThat(f)
                        .exists()
                        .satisfies(x -> assertThat(Files.size(x)).isLessThan(10 << 20)));
        assertThat(seen).isSorted().last().isEqualTo(total[0]);
        assertThat(done.bytes()).isEqualTo(total[0]);
        try (OpenModel open = Models.open(done.files().get(2))) {
            assertThat(open.model().summary().layers()).hasSize(8);
        }
    }

    @Test
    void importantColumnsAreKeptBetter() throws IOException {
        float[] counts = new float[EXPERTS];
        float[] sums = new float[EXPERTS * HIDDEN];
        Arrays.fill(counts, 10);
        counts[3] = 0;
        Arrays.fill(sums, 0.01f);
        for (int e = 0; e < EXPERTS; e++) {
            for (int c = 0; c < HIDDEN; c += 16) {
                sums[e * HIDDEN + c] = 100;
            }
        }
        Path importance = importance(TENSOR, sums, counts, HIDDEN);
        TypePlan types = TypePlan.preset("Q2_K");
        double without = error(convert(types), 5);
        Converter.convert(
                Fixtures.demoModel(),
                folder.resolve("weighted.gguf"),
                options(types).withImportance(importance));
        double with = error(folder.resolve("weighted.gguf"), 5);
        assertThat(with).isLessThan(0.7 * without);
        // an expert that never ran is quantised as without an importance matrix
        assertThat(error(folder.resolve("weighted.gguf"), 3)).isEqualTo(error(folder.resolve("m.gguf"), 3));
    }

    /** Mean square error of the columns 0, 16, … of an expert. */
    private static double error(Path file, int expert) {
        try (OpenModel from = Models.open(Fixtures.demoModel());
                GgufCheckpoint to = GgufCheckpoint.open(file)) {
            Weight source =
                    from.checkpoint().bank("model.layers.2.mlp.experts.{e}.up_proj.weight", EXPERTS, 64, HIDDEN);
            Weight written = to.find(TENSOR).orElseThrow();
            double sum = 0;
            for (int r = 0; r < 64; r++) {
                float[] a = Weights.toFloats(source, expert, r);
                float[] b = Weights.toFloats(written, expert, r);
                for (int c = 0; c < HIDDEN; c += 16) {
                    sum += (a[c] - b[c]) * (a[c] - b[c]);
                }
            }
            return sum;
        }
    }

    private Path importance(String tensor, float[] sums, float[] counts, int columns) {
        Path file = folder.resolve("imatrix.gguf");
        try (GgufWriter out = GgufWriter.to(file)
                .metadata("general.type", GgufValue.of("imatrix"))
                .tensor(tensor + ".counts", DType.F32, Shape.of(counts.length, 1))
                .tensor(tensor + ".in_sum2", DType.F32, Shape.of(counts.length, columns))
                .open()) {
            out.write(tensor + ".counts", bytes(counts));
            out.write(tensor + ".in_sum2", bytes(sums));
            out.finish();
        }
        return file;
    }

    private static MemorySegment bytes(float[] values) {
        ByteBuffer b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        b.asFloatBuffer().put(values);
        return MemorySegment.ofArray(b.array());
    }

    @Test
    void importanceOfAnotherModel() {
        Path wrong = importance(TENSOR, new float[EXPERTS * 128], new float[EXPERTS], 128);
        refused(options(TypePlan.preset("Q4_K")).withImportance(wrong), CheckpointException.class, TENSOR, "128");
        Path none = convert(TypePlan.preset("Q8_0"));
        refused(options(TypePlan.preset("Q4_K")).withImportance(none), CheckpointException.class, "in_sum2");
    }

    @Test
    void typesThatAreOnlyRead() {
        refused(options(TypePlan.preset("IQ2_XXS")), UnsupportedException.class, "IQ2_XXS");
    }

    private void refused(ConvertOptions options, Class<? extends Exception> type, String... words) {
        Path target = folder.resolve("refused.gguf");
        assertThatThrownBy(() -> Converter.convert(Fixtures.demoModel(), target, options))
                .isInstanceOf(type)
                .hasMessageContainingAll(words);
        assertThat(target).doesNotExist();
    }

    @Test
    void aBrokenSourceLeavesNothingBehind() throws IOException {
        Path source = copyOfDemo();
        // somewhere among the experts, which are most of the file: values that are no numbers
        try (RandomAccessFile f =
                new RandomAccessFile(source.resolve("model.safetensors").toFile(), "rw")) {
            f.seek(f.length() / 4 * 2);
            byte[] nans = new byte[64];
            Arrays.fill(nans, (byte) 0xFF);
            f.write(nans);
        }
        Path target = folder.resolve("out/broken.gguf");
        assertThatThrownBy(() -> Converter.convert(source, target, options(TypePlan.preset("Q8_0"))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(source.toString(), "NaN");
        try (Stream<Path> left = Files.list(folder.resolve("out"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void withoutTokenizerOrPredictionLayer() throws IOException {
        Path source = copyOfDemo();
        Files.delete(source.resolve("tokenizer.json"));
        String config = Files.readString(source.resolve("config.json"));
        Files.writeString(
                source.resolve("config.json"),
                config.replace("\"num_hidden_layers\": 8", "\"num_hidden_layers\": 9")
                        .replace("\"shared\"\n ]", "\"shared\", \"full\"\n ]")
                        .replace("\"sparse\"\n ]", "\"sparse\", \"sparse\"\n ]"));
        List<String> notes = new ArrayList<>();
        Path target = folder.resolve("bare.gguf");
        Converter.convert(
                source, target, options(TypePlan.preset("BF16")).withListeners(ProgressListener.NONE, notes::add));
        assertThat(notes).anyMatch(n -> n.contains("tokenizer.json")).anyMatch(n -> n.contains("eh_proj"));
        try (OpenModel open = Models.open(target)) {
            assertThat(open.model().summary().layers()).hasSize(9);
            assertThat(open.model().drafts(DraftGraphs.Head.FULL)).isEmpty();
        }
    }

    @Test
    void whatIsNoCheckpoint() {
        Path target = folder.resolve("x.gguf");
        Path file = convert(TypePlan.preset("Q8_0"));
        assertThatThrownBy(() -> Converter.convert(file, target, options(TypePlan.preset("Q8_0"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(file.toString());
        assertThatThrownBy(() -> Converter.convert(Fixtures.demoModel(), file, options(TypePlan.preset("Q8_0"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("exists");
    }

    private Path copyOfDemo() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("source"));
        try (Stream<Path> files = Files.list(Fixtures.demoModel())) {
            for (Path f : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Files.copy(f, copy.resolve(f.getFileName()));
            }
        }
        return copy;
    }
}
