package org.sluice.decode.constraint;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The formats of JSON Schema as regular expressions. Each lets through a part of what the format's standard allows, chosen so
 * that strict and lenient readers agree on all of it: no leap seconds, no comments in mail addresses, no address zones.
 */
final class Formats {
    private static final String LEAP_CENTURY = "([02468][048]|[13579][26])";
    private static final String TWO_DIGIT_LEAP = "(0[48]|[2468][048]|[13579][26])";
    /** RFC 3339 full-date, leap days in leap years only. */
    private static final String DATE =
            "((\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)"
                    + "|02-(0[1-9]|1\\d|2[0-8])))|((\\d\\d" + TWO_DIGIT_LEAP + "|" + LEAP_CENTURY + "00)-02-29))";
    /** RFC 3339 full-time. */
    private static final String TIME =
            "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)";

    private static final String LABEL = "[a-zA-Z0-9]{1,20}(-[a-zA-Z0-9]{1,20}){0,2}";
    private static final String TOP = "[a-zA-Z]{2,12}";
    private static final String HOST = "(" + LABEL + "\\.){0,3}" + TOP;
    private static final String ATOM = "[a-zA-Z0-9_+]{1,20}(-[a-zA-Z0-9_+]{1,10})?";
    private static final String BYTE = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String HEX = "[0-9a-fA-F]{1,4}";

    private static final Map<String, String> PATTERNS = Map.of(
            "date",
            DATE,
            "time",
            TIME,
            "date-time",
            DATE + "T" + TIME,
            "duration",
            duration(),
            "email",
            ATOM + "(\\." + ATOM + "){0,1}@(" + LABEL + "\\.){1,3}" + TOP,
            "hostname",
            HOST,
            "ipv4",
            BYTE + "(\\." + BYTE + "){3}",
            "ipv6",
            ipv6(),
            "uuid",
            "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

    private Formats() {}

    /** The pattern a whole text of a format matches, or null where the format is not supported. */
    static @Nullable String pattern(String format) {
        return PATTERNS.get(format);
    }

    static String names() {
        return String.join(", ", PATTERNS.keySet().stream().sorted().toList());
    }

    /** RFC 3339, appendix A: units in order, none left out between the first and the last. */
    private static String duration() {
        String n = "\\d{1,6}";
        String time = "T(" + n + "H(" + n + "M(" + n + "S)?)?|" + n + "M(" + n + "S)?|" + n + "S)";
        String date = "(" + n + "D|" + n + "M(" + n + "D)?|" + n + "Y(" + n + "M(" + n + "D)?)?)";
        return "P(" + date + "(" + time + ")?|" + time + "|" + n + "W)";
    }

    /** RFC 4291, section 2.2, without embedded IPv4 addresses; a gap stands for two groups at least. */
    private static String ipv6() {
        StringBuilder all = new StringBuilder("((" + HEX + ":){7}" + HEX);
        all.append("|::(").append(HEX).append("(:").append(HEX).append("){0,5})?");
        for (int before = 1; before <= 6; before++) {
            all.append('|').append(HEX);
            all.append("(:").append(HEX).append("){").append(before - 1).append("}::");
            if (before < 6) {
                all.append('(').append(HEX);
                all.append("(:").append(HEX).append("){0,").append(5 - before).append("})?");
            }
        }
        return all.append(")").toString();
    }
}
