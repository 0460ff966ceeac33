package org.sluice.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.checkpoint.SafetensorsWriter.Tensor;
import org.sluice.error.CheckpointException;

class SafetensorsFileTest {
    @TempDir
    Path folder;

    @AfterEach
    void nothingStaysOpen() throws IOException {
        assertThat(Mappings.held(folder)).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void readsBackWhatWasWritten(SafetensorsType type) throws IOException {
        Path path = folder.resolve("a.safetensors");
        List<Tensor> tensors = List.of(
                SafetensorsFixture.random("first byte", SafetensorsType.U8, 1, 3L),
                SafetensorsFixture.random("größe \"x\"\n", type, 2, 3L, 5L, 8L),
                SafetensorsFixture.random("row", type, 3, 1L, 8L),
                SafetensorsFixture.random("empty", type, 4, 4L, 0L),
                SafetensorsFixture.random("rank 4", type, 5, 2L, 1L, 3L, 4L));
        SafetensorsWriter.write(path, tensors, Map.of("format", "pt", "note", "ä\n"));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.metadata()).containsOnly(Map.entry("format", "pt"), Map.entry("note", "ä\n"));
            assertThat(file.tensors()).hasSize(tensors.size());
            for (Tensor t : tensors) {
                SafetensorsTensor stored = requireNonNull(file.tensors().get(t.name()));
                assertThat(stored.type()).isEqualTo(t.type());
                assertThat(stored.extents()).isEqualTo(t.extents());
                assertThat(stored.offset() % Math.max(1, t.type().bits() / 8)).isZero();
                t.source()
                        .writeTo(expected -> assertThat(file.data(t.name()).mismatch(expected))
                                .isEqualTo(-1));
            }
        }
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactly(path);
        }
    }

    @Test
    void scalarAndFileWithoutTensorsAreRead() {
        Path path = folder.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(SafetensorsFixture.floats("pi", new float[] {3.14f})));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(requireNonNull(file.tensors().get("pi")).extents()).isEmpty();
            assertThat(file.data("pi").byteSize()).isEqualTo(4);
        }
        SafetensorsWriter.write(path, List.of());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensors()).isEmpty();
        }
    }

    @Test
    void readsTheFormatAsOthersWriteIt() throws IOException {
        // Tensors out of order, fields in another order, an unknown field, padding, zero-sized tensors between others.
        Path path = SafetensorsFixture.raw(folder.resolve("a"), """
                {"b":{"data_offsets":[4,6],"shape":[1],"dtype":"BF16","extra":{"x":[1,{}]}},
                 "none":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},
                 "__metadata__":{},
                 "a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}   \s""", 6);
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.tensors().keySet()).containsExactly("b", "none", "a");
            assertThat(file.data("b").byteSize()).isEqualTo(2);
        }
    }

    static List<Arguments> damaged() {
        String a = "{'dtype':'U8','shape':[4],'data_offsets':[0,4]}";
        List<Arguments> cases = new ArrayList<>();
        cases.add(damage("", 0, "invalid JSON|header"));
        cases.add(damage("[]", 0, "header has to be an object"));
        cases.add(damage("null", 0, "header has to be an object"));
        cases.add(damage("{'a':", 4, "invalid JSON"));
        cases.add(damage("{'a':" + a + "}}", 4, "invalid JSON"));
        cases.add(damage("{'a':" + a + "} {}", 4, "after its closing brace"));
        cases.add(damage("{'a':[1]}", 4, "tensor 'a' has to be an object"));
        cases.add(damage("{'a':" + a + ",'a':" + a + "}", 4, "tensor 'a' is listed twice"));
        cases.add(damage("{'a':{'dtype':'U8','dtype':'U8','shape':[4],'data_offsets':[0,4]}}", 4, "'dtype'.*twice"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'shape':[4],'data_offsets':[0,4]}}", 4, "'shape'.*twice"));
        cases.add(damage("{'a':{'shape':[4],'data_offsets':[0,4]}}", 4, "tensor 'a' has no field 'dtype'"));
        cases.add(damage("{'a':{'dtype':'U8','data_offsets':[0,4]}}", 4, "tensor 'a' has no field 'shape'"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4]}}", 4, "tensor 'a' has no field 'data_offsets'"));
        cases.add(damage("{'a':{'dtype':'u8','shape':[4],'data_offsets':[0,4]}}", 4, "tensor 'a'.*unknown type 'u8'"));
        cases.add(damage("{'a':{'dtype':8,'shape':[4],'data_offsets':[0,4]}}", 4, "'a'.*'dtype'.*a string"));
        for (String wrong : List.of("4", "'4'", "[4.0]", "[4e0]", "['4']", "[[4]]", "[null]", "[true]", "null", "{}")) {
            cases.add(damage(
                    "{'a':{'dtype':'U8','shape':" + wrong + ",'data_offsets':[0,4]}}", 4, "'a'.*'shape'.*integers"));
            cases.add(damage(
                    "{'a':{'dtype':'U8','shape':[4],'data_offsets':" + wrong + "}}",
                    4,
                    "'a'.*'data_offsets'.*integers"));
        }
        cases.add(damage("{'a':{'dtype':'U8','shape':[NaN],'data_offsets':[0,4]}}", 4, "invalid JSON.*NaN"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[Infinity],'data_offsets':[0,4]}}", 4, "invalid JSON.*Infinity"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[-4],'data_offsets':[0,4]}}", 4, "'a'.*'shape'.*-4.*negative"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[-4,0]}}", 4, "data_offsets'.*-4.*negative"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[4,0]}}", 4, "'a'.*'data_offsets'.*begin"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[0]}}", 4, "'a'.*'data_offsets'.*begin"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4,8]}}", 4, "data_offsets'.*more than 2"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[5],'data_offsets':[0,4]}}", 4, "'a'.*spans 4.*takes 5"));
        cases.add(damage("{'a':{'dtype':'F4','shape':[3],'data_offsets':[0,2]}}", 2, "'a'.*'shape'.*whole number"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}", 3, "'a'.*truncated"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[9,13]}}", 4, "'a'.*outside the data"));
        cases.add(
                damage("{'a':{'dtype':'U8','shape':[99999999999999999999],'data_offsets':[0,4]}}", 4, "invalid JSON"));
        cases.add(damage(
                "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}}",
                0,
                "'a'.*'shape'.*overflow"));
        cases.add(damage(
                "{'a':{'dtype':'U8','shape':[9223372036854775807],'data_offsets':[0,4]}}",
                4,
                "'a'.*'shape'.*overflow"));
        cases.add(damage(
                "{'a':{'dtype':'U8','shape':[4],'data_offsets':[9223372036854775803,9223372036854775807]}}",
                4,
                "'a'.*outside the data"));
        cases.add(damage(
                "{'a':" + a + ",'b':{'dtype':'U8','shape':[4],'data_offsets':[3,7]}}", 7, "'b'.*overlaps tensor 'a'"));
        cases.add(damage("{'a':" + a + ",'b':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}}", 4, "overlaps tensor"));
        cases.add(damage(
                "{'a':" + a + ",'b':{'dtype':'U8','shape':[4],'data_offsets':[5,9]}}",
                9,
                "'b'.*hole after tensor 'a'"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[4],'data_offsets':[1,5]}}", 5, "'a'.*hole"));
        cases.add(damage("{'a':" + a + "}", 5, "1 bytes after tensor 'a' belong to no tensor"));
        cases.add(damage("{}", 5, "5 bytes"));
        cases.add(damage("{'__metadata__':[]}", 0, "__metadata__ has to be an object"));
        cases.add(damage("{'__metadata__':{'k':1}}", 0, "__metadata__ field 'k' has to be a string"));
        cases.add(damage("{'__metadata__':{'k':'1','k':'2'}}", 0, "__metadata__ field 'k' is listed twice"));
        cases.add(damage("{'__metadata__':{},'__metadata__':{}}", 0, "__metadata__ is listed twice"));
        cases.add(damage("{'a':{'x':" + "[".repeat(5000) + "}}", 0, "invalid JSON.*[Nn]esting"));
        cases.add(damage("{'a':{'dtype':'U8','shape':[" + "0,".repeat(70) + "0],'data_offsets':[0,0]}}", 0, "'a'.*64"));
        cases.add(damage("{'" + "n".repeat(20_000) + "':" + a + "}", 4, "invalid JSON"));
        return cases;
    }

    private static Arguments damage(String json, int dataBytes, String message) {
        return Arguments.of(json.replace('\'', '"'), dataBytes, message);
    }

    @ParameterizedTest
    @MethodSource("damaged")
    void damagedHeaderIsRefused(String json, int dataBytes, String message) throws IOException {
        refused(SafetensorsFixture.raw(folder.resolve("a.safetensors"), json, dataBytes), message);
    }

    @Test
    void invalidUtf8IsRefused() throws IOException {
        byte[] json = "{\"__metadata__\":{\"k\":\"?\"}}".getBytes(StandardCharsets.UTF_8);
        for (int bad : new int[] {0x80, 0xC0, 0xFF}) {
            byte[] broken = json.clone();
            broken[21] = (byte) bad;
            refused(SafetensorsFixture.raw(folder.resolve("a.safetensors"), broken, 0), "invalid UTF-8");
        }
        refused(
                SafetensorsFixture.raw(folder.resolve("b.safetensors"), "{}".getBytes(StandardCharsets.UTF_16LE), 0),
                "invalid JSON");
    }

    @Test
    void wrongHeaderLengthIsRefused() throws IOException {
        byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("a.safetensors");
        refused(Files.write(path, new byte[0]), "0 bytes, too few");
        refused(Files.write(path, new byte[7]), "7 bytes, too few");
        refused(Files.write(path, SafetensorsFixture.raw(3, json, 0)), "header of 3 bytes does not fit.*10 bytes");
        refused(Files.write(path, SafetensorsFixture.raw(100_000_001, json, 0)), "exceeds the limit");
        refused(Files.write(path, SafetensorsFixture.raw(-1, json, 0)), "18446744073709551615 exceeds the limit");
        refused(Files.write(path, SafetensorsFixture.raw(Long.MAX_VALUE, json, 0)), "exceeds the limit");
        refused(Files.write(path, SafetensorsFixture.raw(0, json, 0)), "header has to be an object");
        refused(Files.write(path, SafetensorsFixture.raw(1, json, 0)), "invalid JSON");
    }

    @Test
    void fileCutAfterOpeningIsNoticed() throws IOException {
        Path path = folder.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(SafetensorsFixture.random("a", SafetensorsType.U8, 1, 9000L)));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(100);
            }
            assertThatThrownBy(() -> file.data("a"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(path.toString(), "100 bytes");
        }
    }

    @Test
    void closedFileGivesNoData() {
        Path path = folder.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(SafetensorsFixture.random("a", SafetensorsType.U8, 1, 9L)));
        SafetensorsFile file = SafetensorsFile.open(path);
        MemorySegment before = file.data("a");
        file.close();
        file.close();
        assertThatThrownBy(() -> before.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> file.data("a")).isInstanceOf(IllegalStateException.class);
    }

    private static void refused(Path path, String message) {
        assertThatThrownBy(() -> SafetensorsFile.open(path).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(path.toString())
                .satisfies(
                        e -> assertThat(e.getMessage()).containsPattern(message).doesNotContain("\n"));
    }
}
