package org.sluice.tests.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What must not stay behind when opening fails or something is closed. */
public final class Leftovers {
    private static final Path MAPS = Path.of("/proc/self/maps");

    private Leftovers() {}

    /** Fails where a file of this folder is still mapped, or a thread of the CPU backend still runs. */
    public static void assertNone(Path folder) {
        try {
            if (Files.exists(MAPS)) {
                String real = folder.toRealPath().toString();
                assertThat(Files.readAllLines(MAPS)).as("mapped files").noneMatch(l -> l.contains(real));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> running = Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(n -> n.startsWith("sluice-cpu-"))
                .toList();
        assertThat(running).as("running threads").isEmpty();
    }
}
