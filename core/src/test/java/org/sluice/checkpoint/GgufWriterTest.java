package org.sluice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;

class GgufWriterTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {32, 256})
    void whatIsWrittenIsRead(int alignment) throws IOException {
        Path file = folder.resolve("m.gguf");
        byte[] a = random(DType.Q4_K.bytes(3 * 256), 1);
        byte[] b = random(DType.Q8_0.bytes(2 * 5 * 32), 2);
        try (GgufWriter out = GgufWriter.to(file)
                .metadata("general.alignment", GgufValue.of(alignment))
                .metadata("u8", new GgufValue.Int(GgufType.UINT8, 255))
                .metadata("i16", new GgufValue.Int(GgufType.INT16, -7))
                .metadata("u64", new GgufValue.Int(GgufType.UINT64, -1))
                .metadata("f32", GgufValue.of(1e-5f))
                .metadata("f64", new GgufValue.Real(GgufType.FLOAT64, 0.1))
                .metadata("bool", GgufValue.of(true))
                .metadata("text", GgufValue.of("{{ é }}\n"))
                .metadata("texts", GgufValue.of(GgufArray.ofTexts(List.of("Ġthe", "", "é"))))
                .metadata("ints", GgufValue.of(GgufArray.ofInts(1, -2)))
                .metadata("floats", GgufValue.of(GgufArray.ofFloats(0.5f)))
                .metadata("bools", GgufValue.of(GgufArray.ofBools(true, false)))
                .tensor("a", DType.Q4_K, Shape.of(3, 256))
                .tensor("b", DType.Q8_0, Shape.of(2, 5, 32))
                .open()) {
            out.write("a", MemorySegment.ofArray(a).asSlice(0, 100));
            out.write("a", MemorySegment.ofArray(a).asSlice(100));
            out.write("b", MemorySegment.ofArray(b));
            assertThat(file).doesNotExist();
            out.finish();
        }
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            GgufMetadata m = c.metadata();
            assertThat(m.find("u8")).contains(new GgufValue.Int(GgufType.UINT8, 255));
            assertThat(m.find("i16")).contains(new GgufValue.Int(GgufType.INT16, -7));
            assertThat(m.find("u64")).contains(new GgufValue.Int(GgufType.UINT64, -1));
            assertThat(m.find("f32")).contains(new GgufValue.Real(GgufType.FLOAT32, 1e-5f));
            assertThat(m.find("f64")).contains(new GgufValue.Real(GgufType.FLOAT64, 0.1));
            assertThat(m.requireBool("bool")).isTrue();
            assertThat(m.requireText("text")).isEqualTo("{{ é }}\n");
            assertThat(m.requireArray("texts").texts()).containsExactly("Ġthe", "", "é");
            assertThat(m.requireArray("ints").integers()).containsExactly(1, -2);
            assertThat(m.requireArray("floats").reals()).containsExactly(0.5);
            assertThat(m.requireArray("bools").bools()).containsExactly(true, false);
            assertThat(c.require("a", 3, 256).data().toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(a);
            assertThat(c.require("b", 2, 5, 32).slices().get(1).toArray(ValueLayout.JAVA_BYTE))
                    .isEqualTo(Arrays.copyOfRange(b, b.length / 2, b.length));
        }
    }

    @Test
    void splitsAtTensorsAndCopiesMetadataFromFileToFile() throws IOException {
        Path plain = folder.resolve("plain.gguf");
        GgufBytes.header(3, 0, 1)
                .text("nested")
                .u32(9)
                .u32(9)
                .u64(1)
                .u32(8)
                .u64(1)
                .text("deep")
                .write(plain);
        Path file = folder.resolve("m.gguf");
        try (GgufFile source = GgufFile.open(plain)) {
            GgufWriter.Builder b = GgufWriter.to(file).splitAt(100);
            source.metadata().values().forEach(b::metadata);
            for (int i = 0; i < 5; i++) {
                b.tensor("t" + i, DType.F32, Shape.of(i == 2 ? 64 : 10));
            }
            try (GgufWriter out = b.open()) {
                assertThat(out.paths().stream().map(p -> p.getFileName().toString()))
                        .containsExactly("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf");
                for (int i = 0; i < 5; i++) {
                    out.write("t" + i, MemorySegment.ofArray(random(i == 2 ? 256 : 40, i)));
                }
                out.finish();
            }
        }
        try (GgufCheckpoint c = GgufCheckpoint.open(folder.resolve("m-00002-of-00003.gguf"))) {
            assertThat(c.metadata().requireArray("nested").arrays().getFirst().texts())
                    .containsExactly("deep");
            assertThat(c.metadata().requireInteger("split.tensors.count")).isEqualTo(5);
            for (int i = 0; i < 5; i++) {
                assertThat(c.require("t" + i, i == 2 ? 64 : 10).data().toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(random(i == 2 ? 256 : 40, i));
            }
        }
    }

    @Test
    void anUnfinishedModelLeavesNothingBehindAndNothingOverwritten() throws IOException {
        Path file = folder.resolve("m.gguf");
        Files.writeString(file, "old");
        try (GgufWriter out = GgufWriter.to(file)
                .tensor("a", DType.F32, Shape.of(2))
                .tensor("b", DType.F32, Shape.of(2))
                .open()) {
            assertThatThrownBy(() -> out.write("b", MemorySegment.ofArray(new byte[8])))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("'a' is due");
            assertThatThrownBy(out::finish)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'a' lacks 8");
            out.write("a", MemorySegment.ofArray(new byte[4]));
            assertThatThrownBy(() -> out.write("a", MemorySegment.ofArray(new byte[5])))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("4 are left");
            assertThatThrownBy(out::finish).isInstanceOf(IllegalStateException.class);
        }
        assertThat(file).hasContent("old");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void whatGgufCannotHoldIsRefused() {
        GgufWriter.Builder b = GgufWriter.to(folder.resolve("m.gguf")).tensor("w", DType.F32, Shape.of(4));
        refused(() -> b.tensor("w", DType.F32, Shape.of(4)), "'w'", "twice");
        refused(() -> b.tensor("x", DType.Q4_K, Shape.of(2, 128)), "'x'", "128", "256");
        refused(() -> b.tensor("x", DType.F8_E4M3, Shape.of(4)), "'x'", "F8_E4M3");
        refused(() -> b.tensor("x", DType.F32, Shape.of(Shape.ROWS, 4)), "'x'");
        refused(() -> b.tensor("x".repeat(64), DType.F32, Shape.of(4)), "63");
        refused(() -> new GgufValue.Int(GgufType.UINT8, 256), "256", "UINT8");
        refused(() -> b.metadata("general.alignment", GgufValue.of(3)).open().close(), "alignment");
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(parts);
    }

    private static byte[] random(long bytes, int seed) {
        byte[] b = new byte[(int) bytes];
        new Random(seed).nextBytes(b);
        return b;
    }
}
