package org.sluice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

class GgufCheckpointTest {
    @TempDir
    Path folder;

    @Test
    void extentsAreReversedAndBanksCut() throws IOException {
        GgufBytes b = GgufBytes.header(3, 3, 0)
                .tensor("v", 0, 0, 3)
                .tensor("m", 0, 32, 2, 3)
                .tensor("bank", 0, 64, 2, 1, 3, 1)
                .pad(32);
        for (int i = 0; i < 24; i++) {
            b.f32(i);
        }
        Path file = b.write(folder.resolve("m.gguf"));
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            assertThat(c.tensorNames()).containsExactly("v", "m", "bank");
            assertThat(c.bytes()).isEqualTo(4 * (3 + 6 + 6));
            assertThat(c.name()).isEqualTo(file.toString());
            assertThat(Weights.toFloats(c.require("v", 3), 0, 0)).containsExactly(0, 1, 2);
            assertThat(Weights.toFloats(c.require("m", 3, 2), 0, 2)).containsExactly(12, 13);
            Weight bank = c.require("bank", 3, 1, 2);
            assertThat(bank.slices()).hasSize(3);
            assertThat(Weights.toFloats(bank, 2, 0)).containsExactly(20, 21);
            assertThat(c.find("absent")).isEmpty();
            assertThatThrownBy(() -> c.require("m", 2, 3))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll("'m'", "[3, 2]", "[2, 3]");
        }
    }

    @Test
    void fourExtentsAreRefusedWhenAskedFor() throws IOException {
        Path file = GgufBytes.header(3, 1, 0)
                .tensor("conv", 0, 0, 1, 1, 1, 2)
                .pad(32)
                .f32(1)
                .f32(2)
                .write(folder.resolve("m.gguf"));
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            assertThatThrownBy(() -> c.find("conv"))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContainingAll("'conv'", "4 extents");
        }
    }

    @Test
    void nvfp4TakesItsFactorsFromTheTensorBesideIt() throws IOException {
        // Two experts of one row of 64 codes: ue4m3 scales of 1 (code 0x38), all codes 2 (value 1).
        byte[] block = new byte[36];
        Arrays.fill(block, 0, 4, (byte) 0x38);
        Arrays.fill(block, 4, 36, (byte) 0x22);
        Path file = GgufBytes.header(3, 4, 0)
                .tensor("e.weight", 40, 0, 64, 1, 2)
                .tensor("e.scale", 0, 96, 2)
                .tensor("f.weight", 40, 128, 64, 1)
                .tensor("f.weight.scale", 0, 192, 1)
                .pad(32)
                .data(block)
                .data(block)
                .data(new byte[24])
                .f32(3)
                .f32(5)
                .data(new byte[24])
                .data(block)
                .data(new byte[28])
                .f32(7)
                .write(folder.resolve("nv.gguf"));
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            assertThat(c.tensorNames()).containsExactly("e.weight", "f.weight");
            Weight e = c.require("e.weight", 2, 1, 64);
            assertThat(Weights.toFloats(e, 0, 0)).containsOnly(3f);
            assertThat(Weights.toFloats(e, 1, 0)).containsOnly(5f);
            assertThat(Weights.toFloats(c.require("f.weight", 1, 64), 0, 0)).containsOnly(7f);
        }
    }

    @Test
    void anyShardOpensTheWholeModel() throws IOException {
        shard(0, 3, 2, "").write(folder.resolve("m-00001-of-00003.gguf"));
        shard(1, 3, 2, "a").write(folder.resolve("m-00002-of-00003.gguf"));
        shard(2, 3, 2, "b").write(folder.resolve("m-00003-of-00003.gguf"));
        for (Path p :
                new Path[] {folder, folder.resolve("m-00001-of-00003.gguf"), folder.resolve("m-00003-of-00003.gguf")}) {
            try (GgufCheckpoint c = GgufCheckpoint.open(p)) {
                assertThat(c.tensorNames()).containsExactly("a", "b");
                assertThat(c.metadata().requireInteger("shard")).isZero();
                assertThat(c.require("b", 8).dtype()).isEqualTo(DType.F32);
                assertThat(c.require("b", 8).shape()).isEqualTo(Shape.of(8));
            }
        }
    }

    @Test
    void missingShardsAreNamed() throws IOException {
        shard(1, 4, 1, "a").write(folder.resolve("m-00002-of-00004.gguf"));
        assertFails(
                folder.resolve("m-00002-of-00004.gguf"),
                "m-00001-of-00004.gguf, m-00003-of-00004.gguf, m-00004-of-00004.gguf",
                "3 are missing");
    }

    @Test
    void contradictingShardsAreRefused() throws IOException {
        Path first = folder.resolve("m-00001-of-00002.gguf");
        Path second = folder.resolve("m-00002-of-00002.gguf");
        shard(0, 2, 2, "a").write(first);
        shard(1, 2, 2, "b").write(second);
        GgufCheckpoint.open(first).close();

        shard(0, 2, 2, "b").write(second);
        assertFails(first, "split.no", second.toString());
        shard(1, 3, 2, "b").write(second);
        assertFails(first, "split.count", second.toString(), "3 instead of 2");
        shard(1, 2, 2, "a").write(second);
        assertFails(first, "'a'", "both", second.toString());
        shard(0, 2, 5, "a").write(first);
        shard(1, 2, 5, "b").write(second);
        assertFails(first, "split.tensors.count", "5 tensors", "hold 2");
        GgufBytes.header(3, 0, 0).write(second);
        assertFails(first, "split.count", "missing");
    }

    @Test
    void aLoneShardUnderAnotherNameIsNoModel() throws IOException {
        shard(0, 3, 9, "a").write(folder.resolve("renamed.gguf"));
        assertFails(folder.resolve("renamed.gguf"), "split.count", "3 instead of 1");
    }

    @Test
    void foldersNeedOneModel() throws IOException {
        assertFails(folder, "no GGUF model");
        GgufBytes.header(3, 0, 0).write(folder.resolve("a.gguf"));
        GgufBytes.header(3, 0, 0).write(folder.resolve("b.gguf"));
        assertFails(folder, "2 GGUF models", "a.gguf");
    }

    @Test
    void cutAfterOpening() throws IOException {
        Path file = shard(0, 1, 1, "a").write(folder.resolve("m.gguf"));
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            c.require("a", 8);
            Files.write(file, new byte[10]);
            assertThatThrownBy(() -> c.find("a"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    private static GgufBytes shard(int no, int count, int tensors, String name) {
        GgufBytes b = GgufBytes.header(3, name.isEmpty() ? 0 : 1, 4)
                .u32Pair("split.no", no)
                .u32Pair("split.count", count)
                .u32Pair("split.tensors.count", tensors)
                .u32Pair("shard", no);
        return name.isEmpty() ? b : b.tensor(name, 0, 0, 8).pad(32).data(new byte[32]);
    }

    private static void assertFails(Path path, String... parts) {
        assertThatThrownBy(() -> GgufCheckpoint.open(path).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(parts);
    }
}
