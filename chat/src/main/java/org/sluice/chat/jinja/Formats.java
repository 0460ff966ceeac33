package org.sluice.chat.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Tuple;

/** {@code '%s' % x} and {@code '{}'.format(x)}, as far as chat templates use them. */
final class Formats {
    private static final Pattern DIRECTIVE = Pattern.compile(
            "%(?:\\((?<name>[^)]*)\\))?(?<flags>[-+ 0#]*)(?<width>\\d{1,4})?(?:\\.(?<digits>\\d{1,3}))?(?<kind>.)",
            Pattern.DOTALL);
    private static final Pattern FIELD =
            Pattern.compile("\\{\\{|\\}\\}|\\{(?<name>[A-Za-z0-9_]*)(?::(?<format>[^{}]*))?\\}|[{}]");
    private static final Pattern FORMAT = Pattern.compile(
            "(?<align>[<>^])?(?<flags>[+0]?)(?<width>\\d{1,4})?(?:\\.(?<digits>\\d{1,3}))?(?<kind>[sdfFeEgxX]?)");

    private Formats() {}

    /** {@code format % values}. */
    static String percent(String format, @Nullable Object values, Budget budget) {
        StringBuilder out = new StringBuilder();
        Matcher m = DIRECTIVE.matcher(format);
        List<?> several = values instanceof Tuple t ? t : null;
        int next = 0;
        int at = 0;
        while (m.find(at)) {
            out.append(format, at, m.start());
            at = m.end();
            char kind = m.group("kind").charAt(0);
            if (kind == '%') {
                out.append('%');
                continue;
            }
            Object value;
            if (m.group("name") != null) {
                if (!(values instanceof Map<?, ?> map)) {
                    throw JinjaException.runtime("format requires a mapping");
                }
                value = map.get(m.group("name"));
            } else if (several == null ? next > 0 : next >= several.size()) {
                throw JinjaException.runtime("not enough arguments for format string");
            } else {
                value = several == null ? values : several.get(next);
                next++;
            }
            String flags = m.group("flags");
            String digits = m.group("digits");
            String text = directive(kind, value, flags, digits == null ? -1 : Integer.parseInt(digits), budget);
            int width = m.group("width") == null ? 0 : Integer.parseInt(m.group("width"));
            boolean numeric = kind != 's' && kind != 'r' && kind != 'a' && kind != 'c';
            budget.characters(Math.max(width, text.length()));
            out.append(
                    fit(text, width, flags.contains("-") ? "ljust" : "rjust", numeric && flags.contains("0"), budget));
        }
        boolean left = several == null ? next == 0 && !(values instanceof Map) : next < several.size();
        if (left) {
            throw JinjaException.runtime("not all arguments converted during string formatting");
        }
        return out.append(format, at, format.length()).toString();
    }

    private static String directive(char kind, @Nullable Object value, String flags, int digits, Budget budget) {
        return switch (kind) {
            case 's' -> cut(Text.str(value, budget), digits);
            case 'r', 'a' -> {
                StringBuilder quoted = new StringBuilder();
                if (value instanceof String s) {
                    Text.quote(s, quoted);
                } else {
                    quoted.append(Text.str(value, budget));
                }
                yield cut(quoted.toString(), digits);
            }
            case 'd', 'i', 'u', 'x', 'X', 'o', 'f', 'F', 'e', 'E', 'g', 'G' -> number(kind, value, flags, digits);
            default -> throw JinjaException.runtime("unsupported format character '" + kind + "'");
        };
    }

    private static String cut(String s, int digits) {
        return digits < 0 ? s : Text.slice(s, null, (long) digits, null);
    }

    private static String number(char kind, @Nullable Object value, String flags, int digits) {
        if (value == null || !Numbers.isNumber(value)) {
            throw JinjaException.runtime("%" + kind + " format: a number is required, not " + Values.typeName(value));
        }
        double real = Numbers.real(value);
        String text = switch (kind) {
            case 'd', 'i', 'u' ->
                Numbers.isInteger(value)
                        ? Numbers.big(value).toString()
                        : finite(real)
                                .setScale(0, RoundingMode.DOWN)
                                .toBigInteger()
                                .toString();
            case 'x' -> Numbers.big(value).toString(16);
            case 'X' -> Numbers.big(value).toString(16).toUpperCase(Locale.ROOT);
            case 'o' -> Numbers.big(value).toString(8);
            case 'f', 'F' ->
                finite(real)
                        .setScale(digits < 0 ? 6 : digits, RoundingMode.HALF_EVEN)
                        .toPlainString();
            case 'e', 'E' -> String.format(Locale.ROOT, "%." + (digits < 0 ? 6 : digits) + kind, real);
            default -> general(real, digits < 0 ? 6 : Math.max(1, digits));
        };
        return text.startsWith("-") ? text : flags.contains("+") ? "+" + text : flags.contains(" ") ? " " + text : text;
    }

    private static String general(double real, int digits) {
        BigDecimal d = finite(real).round(new MathContext(digits, RoundingMode.HALF_EVEN));
        if (d.signum() == 0) {
            return "0";
        }
        int exponent = d.precision() - d.scale() - 1;
        BigDecimal bare = d.stripTrailingZeros();
        if (exponent >= -4 && exponent < digits) {
            return bare.toPlainString();
        }
        String unscaled = bare.unscaledValue().abs().toString();
        return (d.signum() < 0 ? "-" : "")
                + unscaled.charAt(0)
                + (unscaled.length() > 1 ? "." + unscaled.substring(1) : "")
                + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    private static BigDecimal finite(double real) {
        if (Double.isNaN(real) || Double.isInfinite(real)) {
            throw JinjaException.runtime("cannot format " + Numbers.repr(real));
        }
        return new BigDecimal(real);
    }

    private static String fit(String text, int width, String side, boolean zeros, Budget budget) {
        if (!zeros || side.equals("ljust")) {
            return StringMethods.pad(text, width, " ", side, budget);
        }
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String sign = signed ? text.substring(0, 1) : "";
        return sign + "0".repeat(Math.max(0, width - text.length())) + text.substring(sign.length());
    }

    /** {@code format.format(...)}: fields by place or name, no way into an argument's members. */
    static String braces(String format, Arguments a, Budget budget) {
        StringBuilder out = new StringBuilder();
        Matcher m = FIELD.matcher(format);
        int at = 0;
        int next = 0;
        while (m.find(at)) {
            out.append(format, at, m.start());
            at = m.end();
            switch (m.group()) {
                case "{{" -> out.append('{');
                case "}}" -> out.append('}');
                case "{", "}" -> throw JinjaException.runtime("a brace in a format string is not matched");
                default -> {
                    String name = m.group("name");
                    boolean numbered = name.chars().allMatch(Character::isDigit) && name.length() < 4;
                    int place = name.isEmpty() ? next++ : numbered ? Integer.parseInt(name) : -1;
                    if (place < 0 ? !a.keyword().containsKey(name) : place >= a.count()) {
                        throw JinjaException.runtime("format has no argument for '{" + name + "}'");
                    }
                    Object value =
                            place >= 0 ? a.positional().get(place) : a.keyword().get(name);
                    String text = field(value, m.group("format"), budget);
                    budget.characters(text.length());
                    out.append(text);
                }
            }
        }
        return out.append(format, at, format.length()).toString();
    }

    private static String field(@Nullable Object value, @Nullable String format, Budget budget) {
        if (format == null || format.isEmpty()) {
            return Text.str(value, budget);
        }
        Matcher m = FORMAT.matcher(format);
        if (!m.matches()) {
            throw JinjaException.runtime("unsupported format '" + format + "'");
        }
        boolean number = value != null && Numbers.isNumber(value);
        String kind = m.group("kind");
        int digits = m.group("digits") == null ? -1 : Integer.parseInt(m.group("digits"));
        String text = number && (!kind.isEmpty() || digits >= 0)
                ? number(kind.isEmpty() ? 'g' : kind.charAt(0), value, m.group("flags"), digits)
                : cut(Text.str(value, budget), digits);
        String align = m.group("align");
        String side = align == null
                ? (number ? "rjust" : "ljust")
                : switch (align) {
                    case "<" -> "ljust";
                    case ">" -> "rjust";
                    default -> "center";
                };
        int width = m.group("width") == null ? 0 : Integer.parseInt(m.group("width"));
        return fit(text, width, side, number && m.group("flags").equals("0"), budget);
    }
}
