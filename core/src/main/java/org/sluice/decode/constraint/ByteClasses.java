package org.sluice.decode.constraint;

import java.util.Arrays;

/**
 * Kinds of ASCII characters that constraints tend to treat alike, a bit each: few enough for a mask in an {@code int}. Bytes of
 * other characters are one more kind.
 */
final class ByteClasses {
    private static final String[] KINDS =
            ("abcdef ghijklmnopqrstuvwxyz ABCDEF GHIJKLMNOPQRSTUVWXYZ 0 1 23456789 \t\n\r \" \\ ' - + _ . , : / @ ( ) [ ] { }"
                            + " <> !?; #$%&*=^`|~")
                    .split(" ");
    private static final int SPACE = 1 << KINDS.length;
    private static final int CONTROL = SPACE << 1;
    private static final int OTHER = CONTROL << 1;
    private static final int[] OF = new int[256];

    static {
        Arrays.fill(OF, 0, 128, CONTROL);
        Arrays.fill(OF, 128, 256, OTHER);
        OF[' '] = SPACE;
        for (int k = 0; k < KINDS.length; k++) {
            for (char c : KINDS[k].toCharArray()) {
                OF[c] = 1 << k;
            }
        }
    }

    /** All kinds of ASCII characters. */
    static final int ASCII = OTHER - 1;

    private ByteClasses() {}

    /** The bit of a byte's kind. */
    static int of(int b) {
        return OF[b];
    }
}
