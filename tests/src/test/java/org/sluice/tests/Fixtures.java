package org.sluice.tests;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where fixture data lies. {@code -Dsluice.fixtures=DIR} points the fixture tests at another folder of the same layout;
 * {@code -Dsluice.shared=DIR} at files that may be read but not kept in the repository.
 */
public final class Fixtures {
    private Fixtures() {}

    /** The folder with {@code golden}, {@code tokenizer}, {@code chat} and the others. */
    public static Path root() {
        String given = System.getProperty("sluice.fixtures", "");
        return given.isBlank()
                ? repository().resolve("tests/src/test/resources/fixtures")
                : Path.of(given).toAbsolutePath().normalize();
    }

    /** A folder or file below {@link #root()}, which may be absent there. */
    public static Path path(String relative) {
        return root().resolve(relative);
    }

    /** The demonstration model: the fixture folder's own where it brings one, else the repository's. */
    public static Path demoModel() {
        Path own = root().resolve("demo-model");
        return Files.exists(own.resolve("config.json")) ? own : repository().resolve("models/demo");
    }

    /** The folder of read-only material beside the repository, if this machine has it. */
    public static Optional<Path> shared() {
        Path dir = Path.of(System.getProperty(
                "sluice.shared", repository().resolveSibling("shared").toString()));
        return Files.isDirectory(dir) ? Optional.of(dir) : Optional.empty();
    }

    /** The repository's root: the nearest folder above the working directory that holds the Maven wrapper. */
    public static Path repository() {
        Path start = Path.of("").toAbsolutePath();
        for (Path p = start; p != null; p = p.getParent()) {
            if (Files.exists(p.resolve("mvnw"))) {
                return p;
            }
        }
        throw new IllegalStateException("no folder above " + start + " holds mvnw");
    }
}
