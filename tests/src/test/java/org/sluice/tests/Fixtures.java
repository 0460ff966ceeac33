package org.sluice.tests;

import static org.junit.jupiter.api.Assumptions.abort;

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
        // resolved here, where Maven was started from: tests run in their module's folder
        return given.isBlank() ? own() : repository().resolve(given).normalize();
    }

    /** The repository's own folder. */
    public static Path own() {
        return repository().resolve("tests/src/test/resources/fixtures");
    }

    /** Whether the fixtures are the repository's, about which more is known than about others. */
    public static boolean areOwn() {
        return root().equals(own());
    }

    /** A folder or file below {@link #root()}; another folder need not have it, and then the test is skipped. */
    public static Path path(String relative) {
        Path file = root().resolve(relative);
        if (!Files.exists(file)) {
            if (areOwn()) {
                throw new IllegalStateException("the repository lacks " + file);
            }
            return abort(root() + " has no " + relative);
        }
        return file;
    }

    /** The demonstration model: the fixture folder's own where it brings one, else the repository's. */
    public static Path demoModel() {
        Path own = root().resolve("demo-model");
        return Files.exists(own.resolve("config.json")) ? own : ownDemoModel();
    }

    /** The repository's demonstration model. */
    public static Path ownDemoModel() {
        return repository().resolve("models/demo");
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
