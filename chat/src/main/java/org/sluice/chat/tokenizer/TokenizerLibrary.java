package org.sluice.chat.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import org.sluice.error.UnsupportedException;

/**
 * Unpacks the reference tokenizer's native library once per user and loads it.
 *
 * <p>The library's own loader looks for a GPU, may fetch a build for it over the network and takes a third of a second;
 * unpacking the CPU build from the jar ourselves does neither and takes 20 ms once the file is in the cache:
 * {@code -Dsluice.cache=DIR}, else {@code $XDG_CACHE_HOME/sluice}, else {@code ~/.cache/sluice}.
 */
final class TokenizerLibrary {
    private static final String ROOT = "/native/lib/";

    private TokenizerLibrary() {}

    /** The loaded library. */
    static TokenizersLibrary get() {
        return Holder.LIBRARY;
    }

    private static final class Holder {
        static final TokenizersLibrary LIBRARY = load();
    }

    private static TokenizersLibrary load() {
        Platform platform = Platform.current();
        try {
            for (String file : platform.files) {
                load(unpack(platform, file));
            }
            return TokenizersLibrary.LIB;
        } catch (IOException | LinkageError e) {
            throw new UnsupportedException(
                    "the tokenizer's native library for " + platform.folder + " does not load: " + e.getMessage()
                            + "; check that the cache folder can be written (-Dsluice.cache=DIR) and that"
                            + " --enable-native-access is given",
                    e);
        }
    }

    private static void load(Path file) throws IOException {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError e) {
            // The JVM refuses one file in two class loaders (an application reloaded in place); a copy is another file.
            if (e.getMessage() == null || !e.getMessage().contains("already loaded")) {
                throw e;
            }
            Path copy = Files.createTempFile("sluice-", file.getFileName().toString());
            copy.toFile().deleteOnExit();
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            System.load(copy.toString());
        }
    }

    private static Path unpack(Platform platform, String file) throws IOException {
        URL packed = TokenizersLibrary.class.getResource(ROOT + platform.folder + "/cpu/" + file);
        if (packed == null) {
            throw new IOException("the tokenizers jar holds no " + platform.folder + "/cpu/" + file);
        }
        Path folder = cache().resolve("tokenizers-" + version() + "-" + platform.folder);
        Path target = folder.resolve(file);
        // The length guards against a cache file cut short by a full disk.
        if (Files.isRegularFile(target)
                && Files.size(target) == packed.openConnection().getContentLengthLong()) {
            return target;
        }
        try {
            Files.createDirectories(folder);
            Path part = Files.createTempFile(folder, file, ".part");
            copy(packed, part);
            // Two processes may unpack at once; the move is atomic and both files are equal.
            return Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException readOnlyHome) {
            Path temporary = Files.createTempFile("sluice-", file);
            temporary.toFile().deleteOnExit();
            copy(packed, temporary);
            return temporary;
        }
    }

    private static void copy(URL from, Path to) throws IOException {
        try (InputStream in = from.openStream()) {
            Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Path cache() {
        String given = System.getProperty("sluice.cache", "");
        if (!given.isBlank()) {
            return Path.of(given).toAbsolutePath();
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home")).toAbsolutePath().resolve(".cache");
        return base.resolve("sluice");
    }

    private static String version() throws IOException {
        Properties p = new Properties();
        try (InputStream in = TokenizersLibrary.class.getResourceAsStream(ROOT + "tokenizers.properties")) {
            if (in == null) {
                throw new IOException("the tokenizers jar does not state its version");
            }
            p.load(in);
        }
        return p.getProperty("version", "unknown");
    }

    private record Platform(String folder, List<String> files) {
        static Platform current() {
            String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
            String arch = switch (System.getProperty("os.arch").toLowerCase(Locale.ROOT)) {
                case "amd64", "x86_64" -> "x86_64";
                case "aarch64", "arm64" -> "aarch64";
                case String other -> other;
            };
            if (os.startsWith("linux")) {
                return new Platform("linux-" + arch, List.of("libtokenizers.so"));
            }
            if (os.startsWith("mac")) {
                return new Platform("osx-" + arch, List.of("libtokenizers.dylib"));
            }
            return new Platform(
                    "win-" + arch,
                    List.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", "tokenizers.dll"));
        }
    }
}
