package org.sluice.natives;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sources of the kernels that are written once for OpenCL C and CUDA C++. */
public final class PortableKernels {
    private static final String ROOT = "/META-INF/portable/";
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"([^\"]+)\"$");

    private PortableKernels() {}

    /**
     * A source with everything it includes in place, for compilers that see no files.
     *
     * @param name file name, such as {@code matmul.cl}
     * @throws IllegalArgumentException where there is no such source
     */
    public static String source(String name) {
        int slash = name.lastIndexOf('/');
        String folder = name.substring(0, slash + 1);
        // headers guard themselves against being read twice, so nothing needs to be remembered here
        return INCLUDE.matcher(read(name))
                .replaceAll(m -> Matcher.quoteReplacement(source(normalise(folder + m.group(1)))));
    }

    private static String normalise(String path) {
        return path.replaceAll("[^/]+/\\.\\./", "");
    }

    private static String read(String name) {
        try (InputStream in = PortableKernels.class.getResourceAsStream(ROOT + name)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no kernel source '" + name + "'");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
