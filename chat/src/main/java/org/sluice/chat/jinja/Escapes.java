package org.sluice.chat.jinja;

/** Backslash escapes of string literals, as Python's "unicode-escape" codec reads them; unknown ones stay as they are. */
final class Escapes {
    private Escapes() {}

    static String resolve(String s, int line) {
        if (s.indexOf('\\') < 0) {
            return s;
        }
        StringBuilder out = new StringBuilder(s.length());
        int i = 0;
        while (i < s.length()) {
            char c = s.charAt(i++);
            if (c != '\\' || i == s.length()) {
                out.append(c);
                continue;
            }
            char e = s.charAt(i++);
            switch (e) {
                case '\n' -> {}
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'a' -> out.append('\u0007');
                case 'v' -> out.append('\u000B');
                case '\\', '\'', '"' -> out.append(e);
                case 'x' -> i = hex(s, i, 2, out, line);
                case 'u' -> i = hex(s, i, 4, out, line);
                case 'U' -> i = hex(s, i, 8, out, line);
                case '0', '1', '2', '3', '4', '5', '6', '7' -> i = octal(s, i - 1, out);
                default -> out.append('\\').append(e);
            }
        }
        return out.toString();
    }

    private static int hex(String s, int from, int digits, StringBuilder out, int line) {
        int end = from + digits;
        int value = 0;
        for (int i = from; i < end; i++) {
            int digit = i < s.length() ? Character.digit(s.charAt(i), 16) : -1;
            if (digit < 0 || value > Character.MAX_CODE_POINT >> 4) {
                throw JinjaException.syntax("a broken escape in a string", line);
            }
            value = value << 4 | digit;
        }
        if (value > Character.MAX_CODE_POINT) {
            throw JinjaException.syntax("a broken escape in a string", line);
        }
        out.appendCodePoint(value);
        return end;
    }

    private static int octal(String s, int from, StringBuilder out) {
        int value = 0;
        int i = from;
        while (i < s.length() && i < from + 3 && s.charAt(i) >= '0' && s.charAt(i) <= '7') {
            value = value * 8 + s.charAt(i++) - '0';
        }
        out.append((char) value);
        return i;
    }
}
