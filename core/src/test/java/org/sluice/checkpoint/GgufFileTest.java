package org.sluice.checkpoint;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;

class GgufFileTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsEveryKindOfValue(int version) throws IOException {
        Path file = GgufBytes.header(version, 0, 16)
                .text("u8")
                .u32(0)
                .u8(200)
                .text("i8")
                .u32(1)
                .u8(200)
                .text("u16")
                .u32(2)
                .u8(0xFE)
                .u8(0xFF)
                .text("i16")
                .u32(3)
                .u8(0xFE)
                .u8(0xFF)
                .text("u32")
                .u32(4)
                .u32(-2)
                .text("i32")
                .u32(5)
                .u32(-2)
                .text("f32")
                .u32(6)
                .f32(0.1f)
                .text("bool")
                .u32(7)
                .u8(1)
                .text("text")
                .u32(8)
                .text("naïve 🜁 \uFFFD")
                .text("u64")
                .u32(10)
                .u64(-1)
                .text("i64")
                .u32(11)
                .u64(-1)
                .text("f64")
                .u32(12)
                .u64(Double.doubleToLongBits(0.1))
                .text("texts")
                .u32(9)
                .u32(8)
                .u64(2)
                .text("a")
                .text("")
                .text("ints")
                .u32(9)
                .u32(1)
                .u64(3)
                .data((byte) -1, (byte) 0, (byte) 1)
                .text("bools")
                .u32(9)
                .u32(7)
                .u64(2)
                .data((byte) 1, (byte) 0)
                .text("nested")
                .u32(9)
                .u32(9)
                .u64(2)
                .u32(4)
                .u64(1)
                .u32(7)
                .u32(6)
                .u64(2)
                .f32(1.5f)
                .f32(2)
                .write(folder.resolve("all.gguf"));
        try (GgufFile gguf = GgufFile.open(file)) {
            GgufMetadata m = gguf.metadata();
            assertThat(gguf.version()).isEqualTo(version);
            assertThat(m.requireInteger("u8")).isEqualTo(200);
            assertThat(m.requireInteger("i8")).isEqualTo(-56);
            assertThat(m.requireInteger("u16")).isEqualTo(65534);
            assertThat(m.requireInteger("i16")).isEqualTo(-2);
            assertThat(m.requireInteger("u32")).isEqualTo(4294967294L);
            assertThat(m.requireInteger("i32")).isEqualTo(-2);
            assertThat(m.requireInteger("i64")).isEqualTo(-1);
            assertThat(m.requireReal("f32")).isEqualTo(0.1f);
            assertThat(m.requireReal("f64")).isEqualTo(0.1);
            assertThat(m.requireReal("u8")).isEqualTo(200.0);
            assertThat(m.requireBool("bool")).isTrue();
            assertThat(m.requireText("text")).isEqualTo("naïve 🜁 \uFFFD");
            assertThat(m.requireArray("texts").texts()).containsExactly("a", "");
            assertThat(m.requireArray("ints").integers()).containsExactly(-1, 0, 1);
            assertThat(m.requireArray("ints").reals()).containsExactly(-1, 0, 1);
            assertThat(m.requireArray("bools").bools()).containsExactly(true, false);
            List<GgufArray> nested = m.requireArray("nested").arrays();
            assertThat(nested.get(0).integers()).containsExactly(7);
            assertThat(nested.get(1).reals()).containsExactly(1.5, 2);
            assertThat(m.find("u64").map(Object::toString)).contains("18446744073709551615");
            assertThat(m.keys()).hasSize(16).startsWith("u8", "i8");

            String path = file.toString();
            assertFails(() -> m.requireInteger("u64"), path, "'u64'", "UINT64 18446744073709551615", "2^63");
            assertFails(() -> m.requireCount("i32"), path, "'i32'", "-2", "a count");
            assertFails(() -> m.requireInteger("text"), path, "'text'", "STRING", "a whole number");
            assertFails(() -> m.requireText("u8"), path, "'u8'", "UINT8 200", "a string");
            assertFails(() -> m.findBool("u8"), path, "'u8'", "a truth value");
            assertFails(() -> m.findArray("f32"), path, "'f32'", "an array");
            assertFails(() -> m.findReal("bool"), path, "'bool'", "a number");
            assertFails(() -> m.requireText("absent"), path, "'absent'", "a string", "missing");
            assertFails(() -> m.requireArray("ints").texts(), path, "'ints'", "INT8", "strings");
            assertThat(m.findText("absent")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64, 4096})
    void findsDataAtAnyAlignment(int alignment) throws IOException {
        int second = Math.max(alignment, 8);
        GgufBytes b = GgufBytes.header(3, 2, 1)
                .u32Pair("general.alignment", alignment)
                .tensor("a", 24, 0, 3)
                .tensor("b", 0, second, 1)
                .pad(alignment);
        int start = b.bytes().length;
        b.data((byte) 1, (byte) 2, (byte) 3);
        while (b.bytes().length < start + second) {
            b.u8(0);
        }
        Path file = b.f32(7.5f).write(folder.resolve("aligned.gguf"));
        try (GgufFile gguf = GgufFile.open(file)) {
            assertThat(gguf.data(requireNonNull(gguf.tensors().get("a"))).toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(1, 2, 3);
            assertThat(gguf.data(requireNonNull(gguf.tensors().get("b"))).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0))
                    .isEqualTo(7.5f);
        }
    }

    static Stream<Arguments> damaged() {
        byte[] good = good().bytes();
        return Stream.of(
                bad("empty", new GgufBytes(), "magic number", "truncated"),
                bad("magic", new GgufBytes().raw("GGML").u32(3).u64(0).u64(0), "0x47474d4c", "no GGUF file"),
                bad("version 1", GgufBytes.header(1, 0, 0), "version 1", "2 and 3"),
                bad("version 4", GgufBytes.header(4, 0, 0), "version 4"),
                bad("big-endian", GgufBytes.header(Integer.reverseBytes(3), 0, 0), "big-endian"),
                bad("header cut", new GgufBytes().raw("GGUF").u32(3).u64(0), "number of metadata pairs", "truncated"),
                bad("tensor count", GgufBytes.header(3, 1L << 60, 0).data(new byte[64]), "number of tensors", "2"),
                bad("negative count", GgufBytes.header(3, -1, 0), "number of tensors", "18446744073709551615"),
                bad("pair count", GgufBytes.header(3, 0, 100).data(new byte[64]), "number of metadata pairs", "100"),
                bad("key length", GgufBytes.header(3, 0, 1).u64(1000).data(new byte[64]), "metadata key 0", "1000"),
                bad("huge key", GgufBytes.header(3, 0, 1).u64(Long.MAX_VALUE).data(new byte[64]), "metadata key 0"),
                bad(
                        "key not UTF-8",
                        GgufBytes.header(3, 0, 1).u64(1).data((byte) 0xFF).data(new byte[64]),
                        "UTF-8"),
                bad("value type", GgufBytes.header(3, 0, 1).text("k").u32(13).u64(0), "'k'", "value type 13"),
                bad("value cut", GgufBytes.header(3, 0, 1).text("k").u32(10).u32(0), "'k'", "8 bytes"),
                bad("bool", GgufBytes.header(3, 0, 1).text("k").u32(7).u8(2), "'k'", "BOOL of 2"),
                bad(
                        "text too long",
                        GgufBytes.header(3, 0, 1).text("k").u32(8).u64(9).raw("abcdefgh"),
                        "'k'",
                        "string of 9 bytes",
                        "8 bytes follow"),
                bad("duplicate key", GgufBytes.header(3, 0, 2).u32Pair("k", 1).u32Pair("k", 2), "'k'", "twice"),
                bad(
                        "array type",
                        GgufBytes.header(3, 0, 1).text("k").u32(9).u32(99).u64(0),
                        "'k'",
                        "unknown type 99"),
                bad(
                        "array count",
                        GgufBytes.header(3, 0, 1).text("k").u32(9).u32(4).u64(Long.MAX_VALUE),
                        "'k'",
                        "9223372036854775807"),
                bad(
                        "array cut",
                        GgufBytes.header(3, 0, 1).text("k").u32(9).u32(4).u64(3).u64(0),
                        "'k'"),
                bad("deep array", nested(), "'k'", "deeper"),
                bad("alignment 0", GgufBytes.header(3, 0, 1).u32Pair("general.alignment", 0), "power of two"),
                bad("alignment 48", GgufBytes.header(3, 0, 1).u32Pair("general.alignment", 48), "48", "power of two"),
                bad("alignment text", GgufBytes.header(3, 0, 1).textPair("general.alignment", "32"), "STRING"),
                bad("no dimensions", one(0, 0), "'w'", "0 dimensions"),
                bad("five dimensions", one(0, 0, 1, 1, 1, 1, 1), "'w'", "5 dimensions"),
                bad("extent 0", one(0, 0, 4, 0), "'w'", "extent 1"),
                bad("extent overflow", one(0, 0, 1L << 40, 1L << 40), "'w'", "overflow"),
                bad("negative extent", one(0, 0, -1), "'w'", "18446744073709551615"),
                bad("bytes overflow", one(0, 0, 1L << 62), "'w'", "more bytes"),
                bad("ragged blocks", one(12, 0, 100), "'w'", "Q4_K blocks of 256"),
                bad("offset misaligned", one(0, 4, 4), "'w'", "offset 4", "alignment 32"),
                bad("offset beyond", one(0, 1 << 20, 4), "'w'", "truncated"),
                bad("offset negative", one(0, -32, 4), "'w'"),
                bad("tensor too long", one(0, 0, 1 << 20), "'w'", "4194304 bytes", "truncated"),
                bad(
                        "tensor twice",
                        GgufBytes.header(3, 2, 0)
                                .tensor("w", 0, 0, 4)
                                .tensor("w", 0, 32, 4)
                                .pad(32)
                                .data(new byte[64]),
                        "'w'",
                        "twice"),
                bad(
                        "overlap",
                        GgufBytes.header(3, 2, 0)
                                .tensor("a", 0, 0, 16)
                                .tensor("b", 0, 32, 4)
                                .pad(32)
                                .data(new byte[64]),
                        "'b'",
                        "inside tensor 'a'"),
                bad("data cut", new GgufBytes().data(Arrays.copyOf(good, good.length - 1)), "'w'", "truncated"));
    }

    private static GgufBytes good() {
        return GgufBytes.header(3, 1, 1)
                .u32Pair("k", 1)
                .tensor("w", 0, 0, 8)
                .pad(32)
                .data(new byte[32]);
    }

    private static GgufBytes one(int type, long offset, long... ne) {
        return GgufBytes.header(3, 1, 0).tensor("w", type, offset, ne).pad(32).data(new byte[64]);
    }

    private static GgufBytes nested() {
        GgufBytes b = GgufBytes.header(3, 0, 1).text("k").u32(9);
        for (int i = 0; i < 10_000; i++) {
            b.u32(9).u64(1);
        }
        return b.u32(0).u64(0);
    }

    private static Arguments bad(String name, GgufBytes bytes, String... parts) {
        return Arguments.of(name, bytes, parts);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damaged")
    void damageIsNamed(String name, GgufBytes bytes, String... parts) throws IOException {
        Path file = bytes.write(folder.resolve("bad.gguf"));
        assertFails(() -> GgufFile.open(file).close(), file.toString());
        assertFails(() -> GgufFile.open(file).close(), parts);
    }

    @Test
    void everyTruncationIsNoticed() throws IOException {
        byte[] good = good().bytes();
        for (int n = 0; n < good.length; n++) {
            Path file = new GgufBytes().data(Arrays.copyOf(good, n)).write(folder.resolve("cut.gguf"));
            assertFails(() -> GgufFile.open(file).close(), file.toString());
        }
    }

    @Test
    void unknownTensorTypeOnlyFailsWhenAskedFor() throws IOException {
        Path file = GgufBytes.header(3, 2, 0)
                .tensor("odd", 137, 0, 256)
                .tensor("w", 0, 32, 8)
                .pad(32)
                .data(new byte[64])
                .write(folder.resolve("odd.gguf"));
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            assertThat(c.require("w", 8).bytes()).isEqualTo(32);
            assertThatThrownBy(() -> c.find("odd"))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContainingAll(file.toString(), "'odd'", "137");
        }
    }

    @Test
    void textsAreCheckedWhenAskedFor() throws IOException {
        Path file = GgufBytes.header(3, 0, 2)
                .text("tokens")
                .u32(9)
                .u32(8)
                .u64(1)
                .u64(2)
                .data((byte) 0xC3, (byte) '(')
                .text("flags")
                .u32(9)
                .u32(7)
                .u64(1)
                .u8(3)
                .write(folder.resolve("text.gguf"));
        try (GgufFile gguf = GgufFile.open(file)) {
            assertFails(() -> gguf.metadata().requireArray("tokens").texts(), file.toString(), "'tokens'", "UTF-8");
            assertFails(() -> gguf.metadata().requireArray("flags").bools(), file.toString(), "'flags'", "BOOL of 3");
        }
    }

    /** The vocabulary of GLM-5.2: strings are skipped, not decoded. */
    @Test
    void opensALargeVocabularyAtOnce() throws IOException {
        GgufBytes b = GgufBytes.header(3, 0, 2);
        strings(b, "tokenizer.ggml.tokens", 154_880);
        strings(b, "tokenizer.ggml.merges", 321_649);
        Path file = b.write(folder.resolve("vocabulary.gguf"));
        long start = System.nanoTime();
        try (GgufFile gguf = GgufFile.open(file)) {
            assertThat(System.nanoTime() - start).isLessThan(700_000_000L);
            List<String> merges =
                    gguf.metadata().requireArray("tokenizer.ggml.merges").texts();
            assertThat(merges).hasSize(321_649).startsWith("token 0").endsWith("token 321648");
        }
    }

    private static void strings(GgufBytes b, String key, int count) {
        b.text(key).u32(9).u32(8).u64(count);
        for (int i = 0; i < count; i++) {
            b.data(lengthPrefixed("token " + i).getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private static String lengthPrefixed(String s) {
        return (char) s.length() + "\0\0\0\0\0\0\0" + s;
    }

    private static void assertFails(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOf(CheckpointException.class).hasMessageContainingAll(parts);
    }
}
