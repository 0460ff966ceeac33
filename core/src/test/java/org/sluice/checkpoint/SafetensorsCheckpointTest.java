package org.sluice.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

class SafetensorsCheckpointTest {
    private static final String SHARD_1 = "model-00001-of-00002.safetensors";
    private static final String SHARD_2 = "model-00002-of-00002.safetensors";

    @TempDir
    Path folder;

    @AfterEach
    void nothingStaysOpen() throws IOException {
        assertThat(Mappings.held(folder)).isZero();
    }

    @BeforeEach
    void writeShards() throws IOException {
        SafetensorsWriter.write(
                folder.resolve(SHARD_1),
                List.of(
                        SafetensorsFixture.random("a", SafetensorsType.BF16, 1, 4L, 6L),
                        SafetensorsFixture.random("b", SafetensorsType.F32, 2, 5L)));
        SafetensorsWriter.write(
                folder.resolve(SHARD_2), List.of(SafetensorsFixture.random("c", SafetensorsType.F16, 3, 2L, 3L, 4L)));
        index("{'a':'" + SHARD_1 + "','b':'" + SHARD_1 + "','c':'" + SHARD_2 + "'}");
    }

    private void index(String weightMap) throws IOException {
        indexFile("{'metadata':{'total_size':116},'weight_map':" + weightMap + "}");
    }

    private void indexFile(String json) throws IOException {
        Files.writeString(folder.resolve(SafetensorsIndex.FILE_NAME), json.replace('\'', '"'));
    }

    @Test
    void shardsAreOneCheckpoint() {
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder)) {
            assertThat(checkpoint.name()).isEqualTo(folder.toString());
            assertThat(checkpoint.tensorNames()).containsExactlyInAnyOrder("a", "b", "c");
            assertThat(checkpoint.bytes()).isEqualTo(48 + 20 + 48);
            Weight a = checkpoint.require("a", 4, 6);
            assertThat(a.dtype()).isEqualTo(DType.BF16);
            assertThat(a.data().toArray(JAVA_BYTE)).isEqualTo(SafetensorsFixture.randomBytes(48, 1));
            Weight c = checkpoint.require("c", 2, 3, 4);
            assertThat(c.slices()).hasSize(2);
            byte[] all = SafetensorsFixture.randomBytes(48, 3);
            assertThat(c.slices().get(1).toArray(JAVA_BYTE)).isEqualTo(java.util.Arrays.copyOfRange(all, 24, 48));
            assertThat(checkpoint.find("d")).isEmpty();
            assertThatThrownBy(() -> checkpoint.require("d", 1))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(folder.toString(), "'d'", "missing");
            assertThatThrownBy(() -> checkpoint.require("a", 6, 4))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll("'a'", "[4, 6]", "[6, 4]");
        }
    }

    @Test
    void opensFolderIndexAndSingleFile() throws IOException {
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder.resolve(SafetensorsIndex.FILE_NAME))) {
            assertThat(checkpoint.tensorNames()).hasSize(3);
        }
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder.resolve(SHARD_1))) {
            assertThat(checkpoint.tensorNames()).containsExactlyInAnyOrder("a", "b");
        }
        Files.move(folder.resolve(SHARD_2), folder.resolve("model.safetensors"));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder)) {
            assertThat(checkpoint.tensorNames()).containsExactly("c");
        }
    }

    @Test
    void shardsMayBeLinksAndLieInSubfolders() throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("sub/blobs"));
        Files.move(folder.resolve(SHARD_2), blobs.resolve("123"));
        Files.createSymbolicLink(folder.resolve(SHARD_2), blobs.resolve("123"));
        Files.move(folder.resolve(SHARD_1), blobs.resolve("456"));
        index("{'a':'sub/blobs/456','b':'./sub/blobs/456','c':'" + SHARD_2 + "'}");
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder)) {
            assertThat(checkpoint.tensorNames()).hasSize(3);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            []                                                       ; index has to be an object
            {}                                                       ; 'weight_map' is missing or empty
            {'weight_map':{}}                                        ; 'weight_map' is missing or empty
            {'weight_map':[]}                                        ; 'weight_map' has to be an object
            {'weight_map':{'a':1}}                                   ; 'a'.*a string
            {'weight_map':{'a':null}}                                ; 'a'.*a string
            {'weight_map':{'a':'x','a':'x'}}                         ; 'a'.*listed twice
            {'weight_map':{'a':'x'},'weight_map':{'a':'x'}}          ; 'weight_map' is listed twice
            {'weight_map':{'a':'x'}} {}                              ; after its closing brace
            {'weight_map':{'a':'x'}                                  ; invalid JSON
            {'weight_map':{'a':'../x.safetensors'}}                  ; 'a'.*'../x.safetensors'.*not inside
            {'weight_map':{'a':'sub/../../x.safetensors'}}           ; 'a'.*not inside
            {'weight_map':{'a':'/etc/passwd'}}                       ; 'a'.*'/etc/passwd'.*not inside
            {'weight_map':{'a':''}}                                  ; 'a'.*not inside
            {'weight_map':{'a':'.'}}                                 ; 'a'.*not inside
            {'weight_map':{'a':'x\\u0000y'}}                         ; 'a'.*no file name
            {'metadata':[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]} ; invalid JSON.*[Nn]esting
            """)
    void damagedIndexIsRefused(String json, String message) throws IOException {
        indexFile(json);
        refused(SafetensorsIndex.FILE_NAME, message);
    }

    @Test
    void missingShardIsNamed() throws IOException {
        Files.delete(folder.resolve(SHARD_2));
        refused(SafetensorsIndex.FILE_NAME, SHARD_2 + " is missing \\(1 of 2");
    }

    @Test
    void tensorThatItsShardLacksIsNamed() throws IOException {
        index("{'a':'" + SHARD_1 + "','b':'" + SHARD_1 + "','c':'" + SHARD_2 + "','d':'" + SHARD_1 + "'}");
        refused(SafetensorsIndex.FILE_NAME, "'d' should be in .*" + SHARD_1 + ".*no shard");
        index("{'a':'" + SHARD_2 + "','b':'" + SHARD_1 + "','c':'" + SHARD_2 + "'}");
        refused(SafetensorsIndex.FILE_NAME, "'a' should be in .*" + SHARD_2 + ".* in .*" + SHARD_1);
    }

    @Test
    void tensorInTwoShardsIsNamed() {
        SafetensorsWriter.write(
                folder.resolve(SHARD_2),
                List.of(
                        SafetensorsFixture.random("c", SafetensorsType.U8, 1, 2L),
                        SafetensorsFixture.random("a", SafetensorsType.U8, 1, 2L)));
        refused(SHARD_1, "'a' is in both .*" + SHARD_2);
    }

    @Test
    void truncatedShardIsNamed() throws IOException {
        try (RandomAccessFile shard =
                new RandomAccessFile(folder.resolve(SHARD_2).toFile(), "rw")) {
            shard.setLength(shard.length() - 1);
        }
        refused(SHARD_2, "'c'.*truncated");
    }

    @Test
    void folderWithoutModelAndMissingPathAreRefused() throws IOException {
        Files.delete(folder.resolve(SafetensorsIndex.FILE_NAME));
        refused("", "neither model.safetensors nor model.safetensors.index.json");
        Path missing = folder.resolve("nowhere");
        assertThatThrownBy(() -> SafetensorsCheckpoint.open(missing).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(missing.toString(), "does not exist");
    }

    @Test
    void shardCutAfterOpeningIsNoticed() throws IOException {
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(folder)) {
            try (RandomAccessFile shard =
                    new RandomAccessFile(folder.resolve(SHARD_2).toFile(), "rw")) {
                shard.setLength(20);
            }
            assertThat(checkpoint.find("a")).isPresent();
            assertThatThrownBy(() -> checkpoint.find("c"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(SHARD_2, "20 bytes");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scalar", "rank 4", "empty", "double"})
    void whatIsNoWeightOpensButCannotBeAskedFor(String name) {
        Path path = folder.resolve("odd.safetensors");
        SafetensorsWriter.write(
                path,
                List.of(
                        SafetensorsFixture.random("scalar", SafetensorsType.F32, 1),
                        SafetensorsFixture.random("rank 4", SafetensorsType.F32, 1, 1L, 2L, 1L, 2L),
                        SafetensorsFixture.random("empty", SafetensorsType.F32, 1, 3L, 0L),
                        SafetensorsFixture.random("double", SafetensorsType.F64, 1, 3L),
                        SafetensorsFixture.random("usual", SafetensorsType.F32, 1, 3L)));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            assertThat(checkpoint.tensorNames()).hasSize(5);
            assertThat(checkpoint.find("usual")).isPresent();
            assertThatThrownBy(() -> checkpoint.find(name))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContainingAll(path.toString(), "'" + name + "'");
        }
    }

    @Test
    void bankGathersMatricesWithoutCopying() {
        Path path = folder.resolve("experts.safetensors");
        SafetensorsWriter.write(
                path,
                List.of(
                        SafetensorsFixture.random("e.2.w", SafetensorsType.BF16, 12, 3L, 4L),
                        SafetensorsFixture.random("e.0.w", SafetensorsType.BF16, 10, 3L, 4L),
                        SafetensorsFixture.random("e.1.w", SafetensorsType.BF16, 11, 3L, 4L),
                        SafetensorsFixture.random("e.3.w", SafetensorsType.F16, 13, 3L, 4L),
                        SafetensorsFixture.random("fused", SafetensorsType.F16, 14, 2L, 3L, 4L)));
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            Weight bank = checkpoint.bank("e.{e}.w", 3, 3, 4);
            assertThat(bank.shape()).isEqualTo(Shape.of(3, 3, 4));
            assertThat(bank.dtype()).isEqualTo(DType.BF16);
            assertThat(bank.scales()).isNull();
            for (int e = 0; e < 3; e++) {
                assertThat(bank.slices().get(e).toArray(JAVA_BYTE))
                        .isEqualTo(SafetensorsFixture.randomBytes(24, 10 + e));
                assertThat(bank.slices().get(e).address())
                        .isEqualTo(
                                checkpoint.require("e." + e + ".w", 3, 4).data().address());
            }
            assertThat(checkpoint.bank("fused", 2, 3, 4).slices()).hasSize(2);
            assertThatThrownBy(() -> checkpoint.bank("e.{e}.w", 4, 3, 4))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(path.toString(), "'e.0.w' is BF16", "'e.3.w' is F16");
            assertThatThrownBy(() -> checkpoint.bank("e.{e}.w", 5, 3, 4)).isInstanceOf(CheckpointException.class);
            assertThatThrownBy(() -> checkpoint.bank("e.{e}.w", 3, 4, 3))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll("'e.0.w'", "[3, 4]", "[4, 3]");
            assertThatIllegalArgumentException().isThrownBy(() -> checkpoint.bank("e.{e}.w", 0, 3, 4));
        }
    }

    private void refused(String file, String message) {
        assertThatThrownBy(() -> SafetensorsCheckpoint.open(folder).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(folder.resolve(file).toString())
                .satisfies(e -> assertThat(e.getMessage()).containsPattern(message));
    }
}
