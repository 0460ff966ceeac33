package org.sluice.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.tukaani.xz.XZInputStream;

/**
 * Compiled CUDA kernels, by the names of their images: {@code <source>[-<weight type>[-scaled]]}, such as {@code rows} or
 * {@code matmul-Q4_K}. Images of similar weight types are packed together and unpacked when the first of them is asked for.
 */
public final class CudaImages {
    private static final String ROOT = "/META-INF/cuda/";
    private static final String MARKER = "// sluice:";
    private static final Map<String, Map<String, byte[]>> GROUPS = new ConcurrentHashMap<>();

    private CudaImages() {}

    /** The names of all images. */
    public static Set<String> names() {
        return Index.GROUP_OF.keySet();
    }

    /** An image as PTX for compute capability 8.0 and later, ended by a zero byte as the driver wants it. */
    public static Optional<byte[]> image(String name) {
        String group = Index.GROUP_OF.get(name);
        return group == null
                ? Optional.empty()
                : Optional.ofNullable(GROUPS.computeIfAbsent(group, CudaImages::unpack)
                                .get(name))
                        .map(byte[]::clone);
    }

    /** An image as machine code for several processors, in builds that contain it: loads without being compiled first. */
    public static Optional<byte[]> fatbin(String name) {
        try (InputStream in = CudaImages.class.getResourceAsStream(ROOT + "fatbin/" + name + ".fatbin")) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, byte[]> unpack(String group) {
        try (InputStream in = new XZInputStream(open("ptx/" + group + ".xz"))) {
            String all = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return Arrays.stream(all.split("(?m)^(?=" + MARKER + ")"))
                    .collect(Collectors.toMap(
                            text -> text.substring(MARKER.length(), text.indexOf('\n')),
                            text -> (text + "\0").getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String name) {
        InputStream in = CudaImages.class.getResourceAsStream(ROOT + name);
        if (in == null) {
            throw new IllegalStateException("this build has no " + ROOT + name);
        }
        return in;
    }

    /** Which group each image is packed into. */
    private static final class Index {
        static final Map<String, String> GROUP_OF = read();

        private static Map<String, String> read() {
            try (InputStream in = open("ptx/images")) {
                return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                        .lines()
                        .map(line -> line.split(" "))
                        .collect(Collectors.toUnmodifiableMap(fields -> fields[0], fields -> fields[1]));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
