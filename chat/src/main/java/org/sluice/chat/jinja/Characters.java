package org.sluice.chat.jinja;

/** Character classes as Python has them. */
final class Characters {
    private Characters() {}

    /** {@code str.isspace}: other than Java's, no-break spaces and U+0085 count. */
    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    static int skipSpace(String s, int from) {
        int i = from;
        while (i < s.length() && isSpace(s.charAt(i))) {
            i++;
        }
        return i;
    }

    static String stripEnd(String s) {
        int end = s.length();
        while (end > 0 && isSpace(s.charAt(end - 1))) {
            end--;
        }
        return s.substring(0, end);
    }

    static String strip(String s) {
        return stripEnd(s.substring(skipSpace(s, 0)));
    }
}
