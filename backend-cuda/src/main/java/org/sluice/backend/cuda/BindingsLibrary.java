package org.sluice.backend.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import jcuda.LibUtils;
import jcuda.driver.JCudaDriver;

/**
 * JCuda's own native library. JCuda unpacks it from its jar of natives, which it cannot read where both are modules; so it is put
 * where JCuda looks before that: into the folder for temporary files.
 */
final class BindingsLibrary {
    /** As in JCuda's file names; another version finds its library by itself, or not at all. */
    private static final String NAME = "JCudaDriver-12.6.0";

    private BindingsLibrary() {}

    /** Why it cannot be had, or nothing where it is in place or JCuda finds it by itself. */
    static Optional<String> missing() {
        if (!JCudaDriver.class.getModule().isNamed()) {
            return Optional.empty();
        }
        String file = LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(NAME));
        URL packed = JCudaDriver.class.getClassLoader().getResource("lib/" + file);
        if (packed == null) {
            return Optional.of("JCuda's native library " + file
                    + " is not on the module path; add org.jcuda:jcuda-natives with this platform's classifier");
        }
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        try {
            place(packed, folder, folder.resolve(file));
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("JCuda's native library cannot be unpacked into " + folder + ": " + e.getMessage()
                    + "; let -Djava.io.tmpdir name a folder that can be written to");
        }
    }

    private static void place(URL packed, Path folder, Path to) throws IOException {
        try (InputStream in = packed.openStream()) {
            byte[] bytes = in.readAllBytes();
            if (Files.exists(to) && Files.size(to) == bytes.length) {
                return;
            }
            Path part = Files.createTempFile(folder, "sluice", ".part");
            try {
                Files.write(part, bytes);
                Files.move(part, to, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        }
    }
}
