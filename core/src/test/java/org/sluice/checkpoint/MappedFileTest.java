package org.sluice.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.error.CancelledException;
import org.sluice.error.CheckpointException;

class MappedFileTest {
    @TempDir
    Path folder;

    @Test
    void slicesAreTheBytesOfTheFile() throws IOException {
        Path path = Files.write(folder.resolve("a.bin"), new byte[] {1, 2, 3, 4, 5});
        try (MappedFile file = MappedFile.open(path)) {
            assertThat(file.size()).isEqualTo(5);
            assertThat(file.slice(1, 3, "middle").toArray(JAVA_BYTE)).containsExactly(2, 3, 4);
            assertThat(file.slice(5, 0, "end").byteSize()).isZero();
            file.ensureUncut();
        }
        assertThat(Mappings.held(folder)).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 1",
        "0, -1",
        "0, 6",
        "5, 1",
        "6, 0",
        "9223372036854775807, 1",
        "1, 9223372036854775807",
        "9223372036854775807, 9223372036854775807",
        "-9223372036854775808, 9223372036854775807"
    })
    void sliceOutsideIsRefused(long offset, long length) throws IOException {
        Path path = Files.write(folder.resolve("a.bin"), new byte[5]);
        try (MappedFile file = MappedFile.open(path)) {
            assertThatThrownBy(() -> file.slice(offset, length, "tensor 'x'"))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(path.toString(), "tensor 'x'", "" + offset, "" + length, "5 bytes");
        }
    }

    @Test
    void emptyFileIsMapped() throws IOException {
        try (MappedFile file = MappedFile.open(Files.createFile(folder.resolve("empty")))) {
            assertThat(file.size()).isZero();
        }
    }

    @Test
    void reachesBeyondTwoGibibytes() throws IOException {
        Path path = folder.resolve("large.bin");
        long last = (3L << 30) - 1;
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.seek(last);
            sparse.write(42);
        }
        try (MappedFile file = MappedFile.open(path)) {
            assertThat(file.slice(last, 1, "last byte").get(JAVA_BYTE, 0)).isEqualTo((byte) 42);
        }
    }

    @Test
    void missingFileAndFolderAreRefused() throws IOException {
        Path missing = folder.resolve("missing.bin");
        assertThatThrownBy(() -> MappedFile.open(missing))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(missing.toString(), "does not exist");
        assertThatThrownBy(() -> MappedFile.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll(folder.toString(), "not a regular file");
        assertThat(Mappings.held(folder)).isZero();
    }

    @Test
    void fileCutWhileOpenIsNoticed() throws IOException {
        Path path = Files.write(folder.resolve("a.bin"), new byte[100_000]);
        try (MappedFile file = MappedFile.open(path)) {
            try (RandomAccessFile cut = new RandomAccessFile(path.toFile(), "rw")) {
                cut.setLength(10);
            }
            assertThatThrownBy(file::ensureUncut)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContainingAll(path.toString(), "100000", "10 bytes");
        }
    }

    @Test
    void closesOnceAndForGood() throws IOException {
        MappedFile file = MappedFile.open(Files.write(folder.resolve("a.bin"), new byte[5]));
        file.close();
        file.close();
        assertThatThrownBy(file::ensureUncut).isInstanceOf(IllegalStateException.class);
        assertThat(Mappings.held(folder)).isZero();
    }

    @Test
    void interruptedThreadLeavesNothingOpenAndDoesNotCloseOthers() throws IOException {
        Path path = Files.write(folder.resolve("a.bin"), new byte[5]);
        try (MappedFile open = MappedFile.open(path)) {
            Thread.currentThread().interrupt();
            try {
                assertThatThrownBy(() -> MappedFile.open(path)).isInstanceOf(CancelledException.class);
                open.ensureUncut();
            } finally {
                assertThat(Thread.interrupted()).isTrue();
            }
            open.ensureUncut();
        }
        assertThat(Mappings.held(folder)).isZero();
    }
}
