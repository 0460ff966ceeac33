package org.sluice.backend.cuda;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.sluice.backend.support.SystemLibrary;

/**
 * The driver's library, which is looked for before JCuda is touched: JCuda unpacks a library of its own first and then fails
 * without a word about what is missing. {@code -Dsluice.cuda.driver=PATH} names another one.
 */
final class DriverLibrary {
    /** Property that names a driver library. */
    static final String PROPERTY = "sluice.cuda.driver";

    private static final List<String> NAMES = List.of("libcuda.so.1", "nvcuda.dll");

    private static boolean loaded;

    private DriverLibrary() {}

    /** Why there is none, or nothing where it is loaded, which cannot be undone, and JCuda's own library is in place. */
    static synchronized Optional<String> missing() {
        if (loaded) {
            return Optional.empty();
        }
        Optional<String> reason = load().or(BindingsLibrary::missing);
        loaded = reason.isEmpty();
        return reason;
    }

    private static Optional<String> load() {
        String given = System.getProperty(PROPERTY, "");
        if (!given.isBlank()) {
            return named(Path.of(given).toAbsolutePath());
        }
        if (NAMES.stream().anyMatch(SystemLibrary::loads)) {
            return Optional.empty();
        }
        return Optional.of("the NVIDIA driver is not installed (no libcuda.so.1); install it, version 525 or later");
    }

    private static Optional<String> named(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.of("-D" + PROPERTY + " names " + file + ", which is not there");
        }
        try {
            // stays loaded under its soname, so that JCuda's own library finds it in place of the system's
            System.load(file.toString());
            return Optional.empty();
        } catch (UnsatisfiedLinkError e) {
            return Optional.of("-D" + PROPERTY + " names " + file + ", which does not load: " + e.getMessage());
        }
    }
}
