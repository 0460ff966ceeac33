package org.sluice.tensor.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Decoded values equal those of ggml's Python reference bit for bit. */
@Tag("fixtures")
class BlockFixtureTest {
    /** Relative to the repository, whose root is one folder above the module's, where tests run. */
    private static final Path FILE = Path.of("..")
            .resolve(System.getProperty("sluice.fixtures", "tests/src/test/resources/fixtures"))
            .resolve("quant/blocks.safetensors");

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Case(DType dtype, byte[] blocks, int[] valueBits, int rows) {
        @Override
        public String toString() {
            return dtype.toString();
        }
    }

    static Stream<Case> cases() throws IOException {
        assumeTrue(Files.exists(FILE), () -> FILE + " does not exist");
        byte[] file = Files.readAllBytes(FILE);
        int header = Math.toIntExact(
                ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        JsonNode json = JsonMapper.shared().readTree(new String(file, 8, header, StandardCharsets.UTF_8));
        Map<DType, Case> cases = new TreeMap<>();
        for (String name : json.propertyNames()) {
            if (name.endsWith(".blocks")) {
                DType t = DType.valueOf(name.substring(0, name.indexOf('.')));
                byte[] values = tensor(file, header, json.get(t + ".values"));
                int[] bits = new int[values.length / 4];
                ByteBuffer.wrap(values)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asIntBuffer()
                        .get(bits);
                byte[] blocks = tensor(file, header, json.get(name));
                cases.put(
                        t,
                        new Case(t, blocks, bits, json.get(name).at("/shape/0").intValue()));
            }
        }
        return cases.values().stream();
    }

    private static byte[] tensor(byte[] file, int header, JsonNode info) {
        int from = 8 + header + info.at("/data_offsets/0").intValue();
        int to = 8 + header + info.at("/data_offsets/1").intValue();
        return Arrays.copyOfRange(file, from, to);
    }

    @Test
    void coversEveryQuantisedType() throws IOException {
        List<DType> present = cases().map(Case::dtype).toList();
        assertThat(present)
                .containsAll(
                        Arrays.stream(DType.values()).filter(DType::isQuantised).toList());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void toArray(Case c) {
        float[] out = new float[c.valueBits.length + 3];
        BlockDecoder.of(c.dtype).decode(MemorySegment.ofArray(c.blocks), 0, c.valueBits.length, out, 3);
        assertThat(bits(Arrays.copyOfRange(out, 3, out.length))).isEqualTo(c.valueBits);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void toUnalignedMemory(Case c) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment src = arena.allocate(c.blocks.length + 5L);
            MemorySegment.copy(c.blocks, 0, src, ValueLayout.JAVA_BYTE, 5, c.blocks.length);
            MemorySegment dst = arena.allocate(4L * c.valueBits.length + 1);
            BlockDecoder.of(c.dtype).decode(src, 5, c.valueBits.length, dst, 1);
            assertThat(dst.asSlice(1).toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)))
                    .isEqualTo(c.valueBits);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void rowByRow(Case c) {
        int columns = c.valueBits.length / c.rows;
        Weight w = Weight.of("w", c.dtype, Shape.of(c.rows, columns), MemorySegment.ofArray(c.blocks));
        for (int row = 0; row < c.rows; row++) {
            assertThat(bits(Weights.toFloats(w, 0, row)))
                    .isEqualTo(Arrays.copyOfRange(c.valueBits, row * columns, (row + 1) * columns));
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }
}
