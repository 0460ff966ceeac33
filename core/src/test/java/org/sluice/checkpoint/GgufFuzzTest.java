package org.sluice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.Weight;

/** A damaged file ends in a documented exception or in weights that lie inside it, never in anything else. */
class GgufFuzzTest {
    private static final int ROUNDS = 1500;

    @TempDir
    Path folder;

    @Test
    void mutations() throws IOException {
        byte[] good = GgufBytes.header(3, 4, 6)
                .textPair("general.architecture", "glm-dsa")
                .u32Pair("general.alignment", 32)
                .text("tokens")
                .u32(9)
                .u32(8)
                .u64(3)
                .text("a")
                .text("bc")
                .text("")
                .text("nested")
                .u32(9)
                .u32(9)
                .u64(2)
                .u32(4)
                .u64(1)
                .u32(7)
                .u32(7)
                .u64(1)
                .u8(1)
                .text("f")
                .u32(6)
                .f32(1)
                .text("b")
                .u32(7)
                .u8(0)
                .tensor("a.weight", 12, 0, 256, 2)
                .tensor("n.weight", 40, 288, 64, 1, 2)
                .tensor("n.scale", 0, 384, 2)
                .tensor("v", 0, 416, 8)
                .pad(32)
                .data(new byte[448])
                .bytes();
        Random random = new Random(20251);
        Path file = folder.resolve("m.gguf");
        int opened = 0;
        for (int i = 0; i < ROUNDS; i++) {
            Files.write(file, mutate(good, random));
            try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
                opened++;
                readAll(c);
            } catch (CheckpointException | UnsupportedException expected) {
                assertThat(expected.getMessage()).contains(file.toString());
            }
        }
        assertThat(opened).isBetween(1, ROUNDS - 1);
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] b = good.clone();
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            int at = random.nextInt(b.length - 8);
            switch (random.nextInt(6)) {
                case 0 -> b[at] = (byte) random.nextInt(256);
                case 1 -> b[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> Arrays.fill(b, at, at + 8, (byte) (random.nextBoolean() ? 0 : -1));
                case 3 -> b = Arrays.copyOf(b, 8 + random.nextInt(b.length - 8));
                case 4 -> System.arraycopy(b, random.nextInt(b.length - 8), b, at, 8);
                default -> b[at + 7] = 0x7F;
            }
            if (b.length < 16) {
                break;
            }
        }
        return b;
    }

    private static void readAll(GgufCheckpoint c) {
        for (String name : c.tensorNames()) {
            Weight w = c.find(name).orElseThrow();
            w.slices().forEach(s -> s.asByteBuffer().get(0));
        }
        for (GgufValue v : c.metadata().values().values()) {
            if (v instanceof GgufValue.Array(GgufArray a)) {
                readAll(a);
            }
        }
    }

    private static void readAll(GgufArray a) {
        switch (a.elementType()) {
            case STRING -> a.texts();
            case BOOL -> a.bools();
            case ARRAY -> a.arrays().forEach(GgufFuzzTest::readAll);
            default -> a.reals();
        }
    }
}
