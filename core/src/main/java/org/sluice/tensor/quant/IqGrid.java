package org.sluice.tensor.quant;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Lattice points of the IQ formats: a code names a group of 4 or 8 element values.
 *
 * <p>Origin of the numbers: ggml, MIT licence, © the ggml authors; they are kept in the resource {@code iq_grids.txt} with
 * that notice.
 */
public enum IqGrid {
    /** 256 × 8 values of IQ2_XXS. */
    IQ2_XXS,
    /** 512 × 8 values of IQ2_XS. */
    IQ2_XS,
    /** 1024 × 8 values of IQ2_S. */
    IQ2_S,
    /** 256 × 4 values of IQ3_XXS. */
    IQ3_XXS,
    /** 512 × 4 values of IQ3_S. */
    IQ3_S,
    /** 2048 × 8 values −1, 0, 1 of IQ1_S and IQ1_M. */
    IQ1;

    private static final String RESOURCE = "iq_grids.txt";

    @SuppressWarnings("ImmutableEnumChecker") // filled once, handed out only within the package or as a copy
    private final byte[] values;

    IqGrid() {
        String section = name().equals("IQ1") ? "[IQ1_S]" : "[" + name() + "]";
        try (InputStream stream = IqGrid.class.getResourceAsStream(RESOURCE)) {
            if (stream == null) {
                throw new IllegalStateException("resource " + RESOURCE + " is missing beside " + IqGrid.class);
            }
            values = read(new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII)), section);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Values of all entries, entry after entry, a fresh copy. */
    public byte[] entries() {
        return values.clone();
    }

    /** The shared table, not to be written. */
    byte[] table() {
        return values;
    }

    private static byte[] read(BufferedReader in, String section) throws IOException {
        String line = in.readLine();
        while (line != null && !line.startsWith(section)) {
            line = in.readLine();
        }
        if (line == null) {
            throw new IllegalStateException(RESOURCE + " lacks " + section);
        }
        int[] map = Arrays.stream(field(line, "map").split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
        StringBuilder hex = new StringBuilder();
        for (String l = in.readLine(); l != null && !l.isEmpty() && !l.startsWith("["); l = in.readLine()) {
            hex.append(l);
        }
        byte[] packed = HexFormat.of().parseHex(hex);
        int bits = map.length > 4 ? 4 : 2;
        int perByte = 8 / bits;
        byte[] out = new byte[packed.length * perByte];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) map[packed[i / perByte] >> (bits * (i % perByte)) & ((1 << bits) - 1)];
        }
        return out;
    }

    private static String field(String line, String key) {
        int start = line.indexOf(' ' + key + '=') + key.length() + 2;
        return line.substring(start, line.indexOf(' ', start));
    }
}
