package org.sluice.decode.constraint;

import java.nio.charset.StandardCharsets;

/** Sets of characters as sequences of byte ranges. */
final class Utf8 {
    private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

    /** Takes a sequence: first and last byte at each place. */
    interface Sink {
        void sequence(byte[] first, byte[] last);
    }

    private Utf8() {}

    /** Gives every sequence of a set; together they hold exactly its encodings. */
    static void sequences(CodePoints set, Sink sink) {
        for (int i = 0; i < set.ranges(); i++) {
            split(set.first(i), set.last(i), sink);
        }
    }

    private static void split(int first, int last, Sink sink) {
        int low = first;
        for (int limit : LAST_OF_LENGTH) {
            if (low <= last && low <= limit) {
                int high = Math.min(last, limit);
                align(low, high, sink);
                low = high + 1;
            }
        }
    }

    /** Characters of one length: cut until all bytes but the leading common ones run over whole ranges. */
    private static void align(int first, int last, Sink sink) {
        for (int bits = 6; bits <= 18; bits += 6) {
            int mask = (1 << bits) - 1;
            if (first >>> bits != last >>> bits && length(first) > bits / 6) {
                if ((first & mask) != 0) {
                    align(first, first | mask, sink);
                    align((first | mask) + 1, last, sink);
                    return;
                }
                if ((last & mask) != mask) {
                    align(first, (last & ~mask) - 1, sink);
                    align(last & ~mask, last, sink);
                    return;
                }
            }
        }
        sink.sequence(encode(first), encode(last));
    }

    private static int length(int c) {
        return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }

    private static byte[] encode(int c) {
        return Character.toString(c).getBytes(StandardCharsets.UTF_8);
    }
}
