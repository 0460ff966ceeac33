package org.sluice.chat.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** {@code strftime} in the C locale. */
final class TimeFormat {
    private TimeFormat() {}

    static String format(String format, ZonedDateTime time, Budget budget) {
        budget.characters(8L * format.length());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            // glibc's %-d: the same without leading zeros.
            boolean bare = directive == '-' && i + 1 < format.length();
            String text = directive(bare ? format.charAt(++i) : directive, time);
            out.append(bare ? text.replaceFirst("^0+(?=.)", "") : text);
        }
        return out.toString();
    }

    private static String directive(char c, ZonedDateTime time) {
        String pattern = switch (c) {
            case 'Y' -> "yyyy";
            case 'y' -> "yy";
            case 'm' -> "MM";
            case 'd' -> "dd";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'f' -> "SSSSSS";
            case 'j' -> "DDD";
            case 'B' -> "MMMM";
            case 'b', 'h' -> "MMM";
            case 'A' -> "EEEE";
            case 'a' -> "EEE";
            case 'p' -> "a";
            case 'F' -> "yyyy-MM-dd";
            case 'T', 'X' -> "HH:mm:ss";
            case 'R' -> "HH:mm";
            case 'D', 'x' -> "MM/dd/yy";
            default -> "";
        };
        if (!pattern.isEmpty()) {
            return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(time);
        }
        return switch (c) {
            case '%' -> "%";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'e' -> "%2d".formatted(time.getDayOfMonth());
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 's' -> String.valueOf(time.toEpochSecond());
            case 'c' ->
                directive('a', time) + " " + directive('b', time) + " " + directive('e', time) + " "
                        + directive('T', time) + " " + directive('Y', time);
            // Python's now() knows no time zone.
            case 'z', 'Z' -> "";
            default -> "%" + c;
        };
    }
}
