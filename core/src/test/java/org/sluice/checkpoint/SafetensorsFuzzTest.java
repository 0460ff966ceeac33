package org.sluice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;

/** Random damage to headers and indexes: the documented exceptions come out, and nothing else. */
class SafetensorsFuzzTest {
    private static final byte[][] TOKENS = Arrays.stream(new String[] {
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                "\"",
                "-1",
                "0",
                "1e9",
                "NaN",
                "null",
                "true",
                "9223372036854775807",
                "99999999999999999999999",
                "\"F8_E4M3\"",
                "\"F4\"",
                "\"a\"",
                "\"__metadata__\"",
                "\\u0000",
                "[[[[[[[[",
                "\"dtype\":",
                "\"shape\":",
                "\"data_offsets\":",
                "../"
            })
            .map(t -> t.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new);

    @TempDir
    Path folder;

    private final Random random = new Random(20_260_117);
    private int accepted;
    private int refused;

    @FunctionalInterface
    private interface Trial {
        void run(byte[] damaged) throws IOException;
    }

    @Test
    void damagedHeaders() throws IOException {
        Path path = folder.resolve("a.safetensors");
        byte[] good = headerFile(path);
        fuzz(
                good,
                headerEnd(good),
                20_000,
                bytes -> attempt(() -> SafetensorsHeader.read(path, MemorySegment.ofArray(bytes))));
    }

    @Test
    void damagedFiles() throws IOException {
        Path path = folder.resolve("a.safetensors");
        byte[] good = headerFile(path);
        fuzz(good, headerEnd(good), 1_500, bytes -> {
            Files.write(path, bytes);
            attempt(() -> readAll(path));
        });
        assertThat(Mappings.held(folder)).isZero();
    }

    @Test
    void damagedIndexes() throws IOException {
        for (String name : List.of("a", "b")) {
            SafetensorsWriter.write(
                    folder.resolve(name + ".safetensors"),
                    List.of(SafetensorsFixture.random(name, SafetensorsType.BF16, 1, 4L)));
        }
        byte[] good = """
                {"metadata":{"total_size":16},"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}""".getBytes(StandardCharsets.UTF_8);
        fuzz(good, good.length, 1_000, bytes -> {
            Files.write(folder.resolve(SafetensorsIndex.FILE_NAME), bytes);
            attempt(() -> readAll(folder));
        });
        assertThat(Mappings.held(folder)).isZero();
    }

    private static byte[] headerFile(Path path) throws IOException {
        SafetensorsWriter.write(
                path,
                List.of(
                        SafetensorsFixture.random("w", SafetensorsType.F8_E4M3, 1, 4L, 5L),
                        SafetensorsFixture.floats("w_scale_inv", new float[1], 1L, 1L),
                        SafetensorsFixture.random("größe", SafetensorsType.BF16, 1, 2L, 3L, 4L),
                        SafetensorsFixture.random("n", SafetensorsType.I64, 1)),
                Map.of("format", "pt"));
        return Files.readAllBytes(path);
    }

    private static int headerEnd(byte[] file) {
        return 8 + Math.toIntExact(length(file).getLong(0));
    }

    private static ByteBuffer length(byte[] file) {
        return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void fuzz(byte[] good, int end, int rounds, Trial trial) {
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            for (int i = 0; i < rounds; i++) {
                byte[] bytes = good;
                int to = end;
                for (int n = Math.max(1, random.nextInt(4)); n > 0; n--) {
                    int before = bytes.length;
                    bytes = mutate(bytes, to);
                    to += bytes.length - before;
                }
                if (end < good.length && to > 8 && random.nextBoolean()) {
                    // Half of the headers keep a true length, or most damage would stop at the first check.
                    bytes = bytes.clone();
                    length(bytes).putLong(0, to - 8);
                }
                trial.run(bytes);
            }
        });
        // Both happen often, or the mutations test nothing.
        assertThat(accepted).isGreaterThan(rounds / 100);
        assertThat(refused).isGreaterThan(rounds / 2);
    }

    private void attempt(Runnable reading) {
        try {
            reading.run();
            accepted++;
        } catch (CheckpointException documented) {
            assertThat(documented).hasMessageContaining(folder.toString());
            refused++;
        }
    }

    private void readAll(Path path) {
        try (Checkpoint checkpoint = SafetensorsCheckpoint.open(path)) {
            for (String name : checkpoint.tensorNames()) {
                try {
                    assertThat(checkpoint.find(name)).isPresent();
                } catch (UnsupportedException documented) {
                    assertThat(documented).hasMessageContaining(folder.toString());
                }
            }
        }
    }

    private byte[] mutate(byte[] bytes, int to) {
        int at = random.nextInt(Math.max(1, to));
        byte[] changed = bytes.clone();
        return switch (random.nextInt(7)) {
            case 0 -> {
                changed[at] ^= (byte) (1 << random.nextInt(8));
                yield changed;
            }
            case 1 -> {
                changed[at] = (byte) random.nextInt(256);
                yield changed;
            }
            case 2 -> {
                // Digits are where the arithmetic is.
                while (at < to && !Character.isDigit(changed[at])) {
                    at++;
                }
                changed[Math.clamp(at, 0, to - 1)] = (byte) ('0' + random.nextInt(10));
                yield changed;
            }
            case 3 -> splice(bytes, at, at, TOKENS[random.nextInt(TOKENS.length)]);
            case 4 -> splice(bytes, at, Math.min(to, at + 1 + random.nextInt(8)), new byte[0]);
            case 5 -> {
                byte[] token = TOKENS[random.nextInt(TOKENS.length)];
                yield splice(bytes, at, Math.min(to, at + token.length), token);
            }
            default -> {
                int source = random.nextInt(Math.max(1, to));
                yield splice(
                        bytes, at, at, Arrays.copyOfRange(bytes, source, Math.min(to, source + random.nextInt(60))));
            }
        };
    }

    private static byte[] splice(byte[] bytes, int from, int to, byte[] with) {
        ByteBuffer out = ByteBuffer.allocate(bytes.length - (to - from) + with.length);
        return out.put(bytes, 0, from)
                .put(with)
                .put(bytes, to, bytes.length - to)
                .array();
    }
}
