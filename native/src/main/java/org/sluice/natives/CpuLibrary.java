package org.sluice.natives;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.sluice.natives.jextract.SluiceCpu;

/**
 * The C kernels of the CPU backend, {@code libsluice-cpu}, loaded once per process from the module's jar, which has
 * that of the platform it was built on, or from the jar of a platform ({@code sluice-native-VERSION-linux-x86_64.jar}).
 *
 * <p>A library inside a jar is copied to {@code ${user.home}/.cache/sluice} (or the folder that {@value #CACHE_PROPERTY}
 * names) under a name made of its contents, and used from there the next time. The functions are in {@link SluiceCpu}.
 *
 * @param available whether the kernels can be called
 * @param variant the instruction-set variant in use, such as {@code avx512bf16}; empty where not available
 * @param reason what was loaded, or why nothing was, for a start-up line
 */
public record CpuLibrary(boolean available, String variant, String reason) {
    /** Folder for the library of a jar. */
    public static final String CACHE_PROPERTY = "sluice.native.cache";

    /** Forces a variant: {@code portable}, {@code avx2}, {@code avx512} or {@code avx512bf16}. */
    public static final String VARIANT_PROPERTY = "sluice.native.variant";

    private static final int ABI = 2;

    /** Loads the library if this has not been done; never throws. */
    public static CpuLibrary load() {
        return Holder.LIBRARY;
    }

    /** The library's symbols, for the bindings. */
    public static SymbolLookup symbols() {
        SymbolLookup found = Holder.symbols;
        if (!Holder.LIBRARY.available || found == null) {
            throw new IllegalStateException("native CPU kernels are not available: " + Holder.LIBRARY.reason);
        }
        return found;
    }

    private static final class Holder {
        // Set by open(), which runs while LIBRARY is initialised.
        private static @Nullable SymbolLookup symbols;
        private static final CpuLibrary LIBRARY = open();

        private static CpuLibrary open() {
            String platform = platform();
            String name = "/META-INF/native/" + platform + "/"
                    + (platform.startsWith("macos") ? "libsluice-cpu.dylib" : "libsluice-cpu.so");
            URL resource = CpuLibrary.class.getResource(name);
            if (resource == null) {
                // The jar of this platform may stand beside the module's own.
                ClassLoader loader = CpuLibrary.class.getClassLoader();
                resource = loader == null ? null : loader.getResource(name.substring(1));
            }
            if (resource == null) {
                return missing("this build has no native CPU kernels for " + platform);
            }
            try {
                SymbolLookup lookup = SymbolLookup.libraryLookup(file(resource, name), Arena.global());
                symbols = lookup;
                int abi = SluiceCpu.abiOf(lookup);
                if (abi != ABI) {
                    symbols = null;
                    return missing("libsluice-cpu has interface " + abi + " where " + ABI + " is needed");
                }
                String wanted = System.getProperty(VARIANT_PROPERTY);
                if (wanted != null && !SluiceCpu.useVariantOf(lookup, wanted)) {
                    symbols = null;
                    return missing("this processor has no variant " + wanted + " (-D" + VARIANT_PROPERTY + ")");
                }
                String variant = SluiceCpu.variantOf(lookup);
                return new CpuLibrary(true, variant, "native CPU kernels, variant " + variant);
            } catch (IOException | URISyntaxException | IllegalArgumentException | LinkageError e) {
                return missing("native CPU kernels could not be loaded: " + e);
            }
        }

        private static CpuLibrary missing(String reason) {
            return new CpuLibrary(false, "", reason);
        }
    }

    private static String platform() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        String system = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "macos" : os.replace(' ', '-');
        return system + "-" + (arch.equals("amd64") ? "x86_64" : arch);
    }

    private static Path file(URL resource, String name) throws IOException, URISyntaxException {
        if (resource.getProtocol().equals("file")) {
            return Path.of(resource.toURI());
        }
        byte[] bytes;
        try (InputStream in = resource.openStream()) {
            bytes = in.readAllBytes();
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        String fileName = name.substring(name.lastIndexOf('/') + 1);
        Path folder = cacheFolder();
        Path file = folder.resolve(Long.toHexString(crc.getValue()) + "-" + fileName);
        // The sum only names the file; what is loaded is compared byte by byte.
        if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
            Path part = Files.createTempFile(folder, fileName, ".part");
            Files.write(part, bytes);
            try {
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return file;
    }

    private static Path cacheFolder() throws IOException {
        String chosen = System.getProperty(CACHE_PROPERTY);
        if (chosen != null) {
            return Files.createDirectories(Path.of(chosen));
        }
        try {
            return Files.createDirectories(Path.of(System.getProperty("user.home", ""), ".cache", "sluice"));
        } catch (IOException e) {
            // A home that cannot be written to: a private folder for this process.
            Path folder = Files.createTempDirectory("sluice");
            folder.toFile().deleteOnExit();
            return folder;
        }
    }
}
