package org.sluice.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** What this process holds open, as Linux tells it. */
final class Mappings {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    private Mappings() {}

    /** Mappings and descriptors of files below {@code folder}; skips the test where the system cannot say. */
    static long held(Path folder) throws IOException {
        Assumptions.assumeTrue(Files.isReadable(MAPS) && Files.isDirectory(DESCRIPTORS));
        String prefix = folder.toRealPath().toString();
        long maps;
        try (Stream<String> lines = Files.lines(MAPS)) {
            maps = lines.filter(l -> l.contains(prefix)).count();
        }
        try (Stream<Path> open = Files.list(DESCRIPTORS)) {
            return maps + open.filter(d -> target(d).startsWith(prefix)).count();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException gone) {
            return "";
        }
    }
}
