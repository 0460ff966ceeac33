package org.sluice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.checkpoint.SafetensorsWriter.Tensor;
import org.sluice.error.CheckpointException;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;

class SafetensorsWriterTest {
    @TempDir
    Path folder;

    private void onlyContains(Path... files) throws IOException {
        try (var left = Files.list(folder)) {
            assertThat(left).containsExactlyInAnyOrder(files);
        }
    }

    @Test
    void joinsPiecesOfAnySize() {
        byte[] data = SafetensorsFixture.randomBytes(3 * (1 << 20) + 4, 1);
        MemorySegment all = MemorySegment.ofArray(data);
        Path path = folder.resolve("a.safetensors");
        Shape shape = Shape.of(data.length / 4);
        SafetensorsWriter.write(path, List.of(Tensor.of("a", DType.F32, shape, all.asSlice(0, 1), all.asSlice(1))));
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThat(file.data("a").mismatch(all)).isEqualTo(-1);
            assertThat(file.metadata()).isEmpty();
        }
    }

    @Test
    void headerIsPaddedAsTheFormatAsks() throws IOException {
        Path path = folder.resolve("a.safetensors");
        for (String name : List.of("a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh")) {
            SafetensorsWriter.write(path, List.of(SafetensorsFixture.random(name, SafetensorsType.I64, 1, 1L)));
            assertThat(Files.size(path) % 8).isZero();
            assertThat(Files.readAllBytes(path)[8]).isEqualTo((byte) '{');
        }
    }

    @Test
    void failureLeavesTheOldFile() throws IOException {
        Path path = folder.resolve("a.safetensors");
        SafetensorsWriter.write(path, List.of(SafetensorsFixture.random("a", SafetensorsType.U8, 1, 4L)));
        byte[] before = Files.readAllBytes(path);
        MemorySegment four = MemorySegment.ofArray(new byte[4]);
        for (Tensor wrong : List.of(
                Tensor.of("short", DType.U8, Shape.of(5), four),
                Tensor.of("long", DType.U8, Shape.of(3), four),
                Tensor.of("long", DType.U8, Shape.of(7), four, four))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SafetensorsWriter.write(path, List.of(wrong)))
                    .withMessageContainingAll(
                            "'" + wrong.name() + "'", wrong.extents().toString());
        }
        Tensor failing = new Tensor("f", SafetensorsType.U8, List.of(1L), sink -> {
            throw new UncheckedIOException(new IOException("disk gone"));
        });
        assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(failing)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(path.toString(), "disk gone");
        onlyContains(path);
        assertThat(Files.readAllBytes(path)).isEqualTo(before);
    }

    @Test
    void nonsenseIsRefused() throws IOException {
        Path path = folder.resolve("a.safetensors");
        Tensor a = SafetensorsFixture.random("a", SafetensorsType.U8, 1, 4L);
        Tensor reserved = SafetensorsFixture.random("__metadata__", SafetensorsType.U8, 1, 4L);
        MemorySegment none = MemorySegment.ofArray(new byte[0]);
        assertThatIllegalArgumentException().isThrownBy(() -> SafetensorsWriter.write(path, List.of(a, a)));
        assertThatIllegalArgumentException().isThrownBy(() -> SafetensorsWriter.write(path, List.of(reserved)));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.of("q", DType.Q4_K, Shape.of(256), none));
        assertThatIllegalArgumentException().isThrownBy(() -> Tensor.of("r", DType.F32, Shape.rows(4), none));
        Path nowhere = folder.resolve("missing/a.safetensors");
        assertThatThrownBy(() -> SafetensorsWriter.write(nowhere, List.of(a), Map.of()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(nowhere.toString());
        onlyContains();
    }
}
