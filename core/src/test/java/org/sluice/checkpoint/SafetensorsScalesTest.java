package org.sluice.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sluice.checkpoint.SafetensorsWriter.Tensor;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

class SafetensorsScalesTest {
    @TempDir
    Path folder;

    private Path file(Tensor... tensors) {
        Path path = folder.resolve("fp8.safetensors");
        SafetensorsWriter.write(path, List.of(tensors));
        return path;
    }

    private static Tensor fp8(Long... extents) {
        return SafetensorsFixture.random("w", SafetensorsType.F8_E4M3, 1, extents);
    }

    private static float[] floats(MemorySegment s) {
        return s.toArray(JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    }

    @Test
    void scalesBelongToTheirMatrix() {
        float[] values = {1, 2, 3, 4, 5, 6};
        Path path = file(fp8(129L, 257L), SafetensorsFixture.floats("w_scale_inv", values, 2L, 3L));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            assertThat(checkpoint.tensorNames()).containsExactly("w");
            assertThat(checkpoint.find("w_scale_inv")).isEmpty();
            assertThat(checkpoint.bytes()).isEqualTo(129 * 257 + 24);
            Weight w = checkpoint.require("w", 129, 257);
            assertThat(w.dtype()).isEqualTo(DType.F8_E4M3);
            BlockScales scales = requireNonNull(w.scales());
            assertThat(scales.blockRows()).isEqualTo(128);
            assertThat(scales.blockColumns()).isEqualTo(128);
            assertThat(floats(scales.slices().getFirst())).isEqualTo(values);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void halfScalesAreWidened(SafetensorsType type) {
        float[] values = {0.5f, -3, 1.0e-5f, 448};
        ByteBuffer halves = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        float[] expected = new float[4];
        for (int i = 0; i < 4; i++) {
            short half = type == SafetensorsType.F16
                    ? Float.floatToFloat16(values[i])
                    : (short) (Float.floatToRawIntBits(values[i]) >>> 16);
            halves.putShort(half);
            expected[i] = type == SafetensorsType.F16
                    ? Float.float16ToFloat(half)
                    : Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) & 0xFFFF0000);
        }
        Path path = file(fp8(256L, 130L), SafetensorsFixture.of("w_scale_inv", type, halves.array(), 2L, 2L));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            BlockScales scales =
                    requireNonNull(checkpoint.require("w", 256, 130).scales());
            assertThat(floats(scales.slices().getFirst())).isEqualTo(expected);
        }
    }

    @Test
    void otherBlockSizesAreAskedFor() {
        Path path = file(fp8(100L, 100L), SafetensorsFixture.floats("w_scale_inv", new float[8], 2L, 4L));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path, 64, 32)) {
            BlockScales scales =
                    requireNonNull(checkpoint.require("w", 100, 100).scales());
            assertThat(scales.blockRows()).isEqualTo(64);
            assertThat(scales.blockColumns()).isEqualTo(32);
        }
        refused(path, "'w'", "'w_scale_inv' F32[2, 4]", "128×128", "[1, 1]", "weight_block_size");
        assertThatIllegalArgumentException().isThrownBy(() -> SafetensorsCheckpoint.open(path, 0, 128));
    }

    @Test
    void singleScaleCoversTheWholeMatrix() {
        for (Tensor scale : List.of(
                SafetensorsFixture.floats("w_scale_inv", new float[] {2}),
                SafetensorsFixture.floats("w_scale_inv", new float[] {2}, 1L))) {
            try (Checkpoint checkpoint = SafetensorsCheckpoint.open(file(fp8(300L, 200L), scale))) {
                BlockScales scales =
                        requireNonNull(checkpoint.require("w", 300, 200).scales());
                assertThat(scales.blockRows()).isEqualTo(300);
                assertThat(scales.blockColumns()).isEqualTo(200);
            }
        }
    }

    @Test
    void fusedBankHasScalesPerMatrix() {
        Path path =
                file(fp8(2L, 130L, 4L), SafetensorsFixture.floats("w_scale_inv", new float[] {1, 2, 3, 4}, 2L, 2L, 1L));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            BlockScales scales =
                    requireNonNull(checkpoint.require("w", 2, 130, 4).scales());
            assertThat(floats(scales.slices().get(1))).containsExactly(3, 4);
        }
    }

    @Test
    void bankKeepsTheScalesOfEachMatrix() {
        List<Tensor> tensors = new ArrayList<>();
        for (int e = 0; e < 3; e++) {
            String name = "experts." + e + ".weight";
            tensors.add(SafetensorsFixture.random(name, SafetensorsType.F8_E4M3, e, 130L, 4L));
            tensors.add(SafetensorsFixture.floats(name + "_scale_inv", new float[] {e, e + 0.5f}, 2L, 1L));
        }
        tensors.add(SafetensorsFixture.random("experts.3.weight", SafetensorsType.F8_E4M3, 3, 130L, 4L));
        tensors.add(SafetensorsFixture.floats("experts.3.weight_scale_inv", new float[] {1}));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(file(tensors.toArray(Tensor[]::new)))) {
            Weight bank = checkpoint.bank("experts.{e}.weight", 3, 130, 4);
            BlockScales scales = requireNonNull(bank.scales());
            assertThat(floats(scales.slices().get(2))).containsExactly(2, 2.5f);
            assertThat(bank.bytes()).isEqualTo(3 * (130 * 4 + 8));
            assertThatThrownBy(() -> checkpoint.bank("experts.{e}.weight", 4, 130, 4))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll("experts.3.weight", "128×128", "130×4");
        }
    }

    @Test
    void wrongScalesAreRefused() {
        refused(file(fp8(4L, 4L)), "'w'", "'w_scale_inv' is missing");
        refused(
                file(fp8(129L, 4L), SafetensorsFixture.floats("w_scale_inv", new float[2], 1L, 2L)),
                "'w'",
                "[1, 2]",
                "[2, 1]");
        refused(
                file(fp8(129L, 4L), SafetensorsFixture.floats("w_scale_inv", new float[2], 2L)),
                "'w'",
                "[2]",
                "[2, 1]");
        refused(
                file(fp8(4L, 4L), SafetensorsFixture.random("w_scale_inv", SafetensorsType.I32, 1, 1L, 1L)),
                "'w'",
                "'w_scale_inv' I32[1, 1]",
                "have to be F32");
        refused(
                file(
                        SafetensorsFixture.random("w", SafetensorsType.BF16, 1, 4L, 4L),
                        SafetensorsFixture.floats("w_scale_inv", new float[1], 1L, 1L)),
                "'w' BF16",
                "only F8_E4M3 is scaled");
    }

    @Test
    void scaledVectorIsUnsupported() {
        Path path = file(fp8(4L), SafetensorsFixture.floats("w_scale_inv", new float[1], 1L));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            assertThatThrownBy(() -> checkpoint.find("w"))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContainingAll(path.toString(), "'w'", "vector");
        }
    }

    @Test
    void scalesWithoutTheirMatrixStayVisible() {
        Path path = file(SafetensorsFixture.floats("w_scale_inv", new float[1], 1L));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            assertThat(checkpoint.tensorNames()).containsExactly("w_scale_inv");
        }
    }

    private static void refused(Path path, String... parts) {
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            assertThatThrownBy(() -> checkpoint.find("w"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(path.toString())
                    .hasMessageContainingAll(parts);
        }
    }
}
