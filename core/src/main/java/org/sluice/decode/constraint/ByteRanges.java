package org.sluice.decode.constraint;

import java.util.Arrays;

/** Ranges of bytes that no move of a grammar tells apart: what is found out for one byte holds for its range. */
final class ByteRanges {
    private final int[] first = new int[256];
    private final int[] behind = new int[256];
    private final int[] ascii;
    private final int[] classes;

    ByteRanges(Grammar g) {
        boolean[] begins = new boolean[257];
        begins[0] = true;
        begins[128] = true;
        for (int m = 0; m < g.kind.length; m++) {
            if (g.kind[m] == Grammar.BYTES) {
                begins[g.low[m]] = true;
                begins[g.high[m] + 1] = true;
            }
        }
        int[] starts = new int[256];
        int n = 0;
        for (int b = 0; b < 256; b++) {
            first[b] = begins[b] ? b : first[b - 1];
            if (begins[b] && b < 128) {
                starts[n++] = b;
            }
        }
        for (int b = 255, end = 256; b >= 0; b--) {
            behind[b] = end;
            end = begins[b] ? b : end;
        }
        ascii = Arrays.copyOf(starts, n);
        classes = new int[n];
        for (int i = 0; i < n; i++) {
            for (int b = ascii[i]; b < behind[ascii[i]]; b++) {
                classes[i] |= ByteClasses.of(b);
            }
        }
    }

    /** Sets what a table of all bytes has for {@code b}, and with it for the whole range. */
    <T> void fill(T[] table, int b, T found) {
        Arrays.fill(table, first[b], behind[b], found);
    }

    /** First bytes of the ranges of ASCII characters; not to be changed. */
    int[] ascii() {
        return ascii;
    }

    /** {@link ByteClasses} of the i-th range of ASCII characters. */
    int classes(int i) {
        return classes[i];
    }
}
