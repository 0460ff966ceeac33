package org.sluice.decode.constraint;

import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * Writes sets of characters as moves over bytes. What ends alike is shared: a set of many ranges takes few nodes. One writer
 * serves moves that start at one node.
 */
final class CharWriter {
    /** Adds a move over a range of bytes. */
    interface Moves {
        void move(int source, int first, int last, int destination);
    }

    private record Tail(int first, int last, int destination) {}

    private static final CodePoints CONTROL = CodePoints.range(0, 0x1F);
    private static final CodePoints ESCAPED = CONTROL.union(CodePoints.of("\"\\"));
    private static final String SHORT = "\"\\/bfnrt";
    private static final String SHORT_MEANS = "\"\\/\b\f\n\r\t";
    private static final CodePoints DIGITS = CodePoints.of("0123456789abcdefABCDEF");

    private final IntSupplier nodes;
    private final Moves moves;
    private final Syntax.Encoding encoding;
    private final Map<Tail, Integer> tails = new HashMap<>();

    CharWriter(IntSupplier nodes, Moves moves, Syntax.Encoding encoding) {
        this.nodes = nodes;
        this.moves = moves;
        this.encoding = encoding;
    }

    /** Moves over the characters of a set. */
    void write(CodePoints set, int source, int destination) {
        if (encoding == Syntax.Encoding.PLAIN) {
            plain(set, source, destination);
            return;
        }
        plain(set.minus(ESCAPED), source, destination);
        for (int i = 0; i < SHORT.length(); i++) {
            char c = SHORT.charAt(i);
            boolean wanted = c != '/' || encoding == Syntax.Encoding.JSON_ANY;
            if (wanted && set.contains(SHORT_MEANS.charAt(i))) {
                text("\\" + c, source, destination);
            }
        }
        if (encoding == Syntax.Encoding.JSON) {
            CodePoints others = set.intersect(CONTROL).minus(CodePoints.of(SHORT_MEANS));
            for (int i = 0; i < others.ranges(); i++) {
                for (int c = others.first(i); c <= others.last(i); c++) {
                    text("\\u%04x".formatted(c), source, destination);
                }
            }
        } else {
            hexadecimal(set, source, destination);
        }
    }

    private void plain(CodePoints set, int source, int destination) {
        Utf8.sequences(set, (first, last) -> {
            int to = destination;
            for (int i = first.length - 1; i > 0; i--) {
                to = tail(first[i] & 0xFF, last[i] & 0xFF, to);
            }
            moves.move(source, first[0] & 0xFF, last[0] & 0xFF, to);
        });
    }

    private int tail(int first, int last, int destination) {
        Tail key = new Tail(first, last, destination);
        Integer known = tails.get(key);
        if (known == null) {
            known = nodes.getAsInt();
            tails.put(key, known);
            moves.move(known, first, last, destination);
        }
        return known;
    }

    private void text(String ascii, int source, int destination) {
        int to = destination;
        for (int i = ascii.length() - 1; i > 0; i--) {
            to = tail(ascii.charAt(i), ascii.charAt(i), to);
        }
        moves.move(source, ascii.charAt(0), ascii.charAt(0), to);
    }

    /** {@code \}{@code uXXXX} of every character of a set, beyond the basic plane as a pair of surrogates. */
    private void hexadecimal(CodePoints set, int source, int destination) {
        for (int i = 0; i < set.ranges(); i++) {
            int first = set.first(i);
            int last = set.last(i);
            if (first <= 0xFFFF) {
                units(first, Math.min(last, 0xFFFF), source, destination);
            }
            if (last > 0xFFFF) {
                pairs(Math.max(first, 0x10000), last, source, destination);
            }
        }
    }

    private void pairs(int first, int last, int source, int destination) {
        int low = first;
        while (low <= last) {
            int high = Math.min(last, low | 0x3FF);
            int lead = Character.highSurrogate(low);
            int leads = lead;
            if ((low & 0x3FF) == 0 && high == (low | 0x3FF)) {
                // as many whole blocks as there are
                int blocks = (last + 1 - low) >> 10;
                leads = lead + blocks - 1;
                high = low + (blocks << 10) - 1;
            }
            int second = nodes.getAsInt();
            units(lead, leads, source, second);
            units(Character.lowSurrogate(low), Character.lowSurrogate(high), second, destination);
            low = high + 1;
        }
    }

    /** UTF-16 units from first to last, as {@code \}{@code u} and four digits. */
    private void units(int first, int last, int source, int destination) {
        for (int shift = 4; shift <= 12; shift += 4) {
            int mask = (1 << shift) - 1;
            if (first >> shift != last >> shift) {
                if ((first & mask) != 0) {
                    units(first, first | mask, source, destination);
                    units((first | mask) + 1, last, source, destination);
                    return;
                }
                if ((last & mask) != mask) {
                    units(first, (last & ~mask) - 1, source, destination);
                    units(last & ~mask, last, source, destination);
                    return;
                }
            }
        }
        int to = destination;
        for (int shift = 0; shift <= 12; shift += 4) {
            to = digit(first >> shift & 15, last >> shift & 15, to);
        }
        moves.move(source, '\\', '\\', tail('u', 'u', to));
    }

    /** A node from which hexadecimal digits of either case lead on. */
    private int digit(int first, int last, int destination) {
        // keyed apart from bytes: the range of a digit's values never reaches 256 below zero
        Tail key = new Tail(first - 256, last - 256, destination);
        Integer known = tails.get(key);
        if (known == null) {
            known = nodes.getAsInt();
            tails.put(key, known);
            for (int i = 0; i < DIGITS.ranges(); i++) {
                for (int c = DIGITS.first(i); c <= DIGITS.last(i); c++) {
                    int value = Character.digit(c, 16);
                    if (value >= first && value <= last) {
                        moves.move(known, c, c, destination);
                    }
                }
            }
        }
        return known;
    }
}
