package org.sluice.tests.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.model.GraphOptions;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import tools.jackson.databind.node.ObjectNode;

/** Random damage to a configuration: it opens and gives a graph, or fails with one of the two documented exceptions. */
class ConfigFuzzTest {
    private static final long BUDGET = Duration.ofSeconds(6).toNanos();
    private static final int LEAST = 300;
    private static final int MOST = 20_000;
    private static final List<Object> VALUES = List.of(
            0,
            1,
            2,
            3,
            5,
            16,
            63,
            -1,
            65_536,
            Integer.MAX_VALUE,
            Long.MAX_VALUE,
            0.5,
            1e300,
            -0.0,
            true,
            false,
            "",
            "full",
            "shared",
            "yarn",
            "FSF",
            "silu",
            "x".repeat(5000));

    @TempDir
    Path folder;

    @Test
    void onlyDocumentedExceptions() throws IOException {
        long seed = Long.getLong("sluice.seed", 20260713L);
        SplittableRandom random = new SplittableRandom(seed);
        TinyCheckpoint sound = new TinyCheckpoint();
        sound.write(folder);
        Path file = folder.resolve("config.json");
        long end = System.nanoTime() + BUDGET;
        int opened = 0;
        int runs = 0;
        for (; runs < LEAST || (runs < MOST && System.nanoTime() < end); runs++) {
            byte[] damaged = random.nextBoolean()
                    ? bytes(sound.config().toString().getBytes(StandardCharsets.UTF_8), random)
                    : fields(random).getBytes(StandardCharsets.UTF_8);
            Files.write(file, damaged);
            try (OpenModel m = Models.open(folder)) {
                assertThat(m.model().graph(GraphOptions.DEFAULT).nodes()).isNotEmpty();
                m.model().summary();
                opened++;
            } catch (CheckpointException | UnsupportedException expected) {
                assertThat(expected.getMessage()).isNotBlank();
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "seed " + seed + ", run " + runs + ": " + new String(damaged, StandardCharsets.UTF_8), e);
            }
        }
        // both outcomes must happen, or the damage is of no use
        assertThat(opened).isBetween(1, runs - 1);
        Leftovers.assertNone(folder);
    }

    private static byte[] bytes(byte[] text, SplittableRandom random) {
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            int at = random.nextInt(text.length);
            text[at] = random.nextInt(4) == 0 ? (byte) random.nextInt(256) : text[random.nextInt(text.length)];
        }
        return text;
    }

    private static String fields(SplittableRandom random) {
        ObjectNode c = new TinyCheckpoint().config();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            List<String> names = new ArrayList<>(c.propertyNames());
            String name = names.get(random.nextInt(names.size()));
            switch (random.nextInt(5)) {
                case 0 -> c.remove(name);
                case 1 -> c.putNull(name);
                case 2 -> c.set(name, c.get(names.get(random.nextInt(names.size()))));
                case 3 -> c.putArray(name).addPOJO(VALUES.get(random.nextInt(VALUES.size())));
                default -> c.putPOJO(name, VALUES.get(random.nextInt(VALUES.size())));
            }
        }
        return c.toString();
    }
}
