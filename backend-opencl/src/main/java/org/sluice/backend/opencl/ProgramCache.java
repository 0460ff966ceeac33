package org.sluice.backend.opencl;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Compiled programs on disk, in {@code opencl} below {@code -Dsluice.cache=DIR}, else {@code $XDG_CACHE_HOME/sluice}, else
 * {@code ~/.cache/sluice}. A file that is damaged or cannot be read counts as absent, one that cannot be written is not
 * missed. Safe for use by several threads and processes.
 */
final class ProgramCache {
    private static final byte[] MAGIC = "SLUICECL".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST = 32;

    private final Path folder;

    ProgramCache(Path folder) {
        this.folder = folder;
    }

    static ProgramCache standard() {
        String given = System.getProperty("sluice.cache", "");
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path root = !given.isBlank()
                ? Path.of(given)
                : xdg != null && !xdg.isBlank()
                        ? Path.of(xdg, "sluice")
                        : Path.of(System.getProperty("user.home", "."), ".cache", "sluice");
        return new ProgramCache(root.resolve("opencl"));
    }

    /** Where compiler logs go. */
    Path folder() {
        return folder;
    }

    /** Name of a program: depends on everything its binary depends on. */
    static String key(String source, String options, String identity) {
        MessageDigest d = sha256();
        for (String part : new String[] {source, options, identity}) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            d.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
            d.update(bytes);
        }
        return HexFormat.of().formatHex(d.digest());
    }

    Optional<byte[]> load(String key) {
        try {
            byte[] file = Files.readAllBytes(path(key));
            int head = MAGIC.length + DIGEST;
            if (file.length <= head || !Arrays.equals(file, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
                return Optional.empty();
            }
            byte[] binary = Arrays.copyOfRange(file, head, file.length);
            byte[] digest = Arrays.copyOfRange(file, MAGIC.length, head);
            return Arrays.equals(sha256().digest(binary), digest) ? Optional.of(binary) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    void store(String key, byte[] binary) {
        try {
            Files.createDirectories(folder);
            Path part = Files.createTempFile(folder, key, ".part");
            byte[] file = new byte[MAGIC.length + DIGEST + binary.length];
            ByteBuffer.wrap(file).put(MAGIC).put(sha256().digest(binary)).put(binary);
            Files.write(part, file);
            Files.move(part, path(key), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            System.getLogger(ProgramCache.class.getName())
                    .log(System.Logger.Level.DEBUG, "no compiled program kept in " + folder, e);
        }
    }

    /** Removes a program that turned out to be of no use. */
    void forget(String key) {
        try {
            Files.deleteIfExists(path(key));
        } catch (IOException e) {
            System.getLogger(ProgramCache.class.getName())
                    .log(System.Logger.Level.DEBUG, "a useless program stays in " + folder, e);
        }
    }

    private Path path(String key) {
        return folder.resolve(key + ".bin");
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
