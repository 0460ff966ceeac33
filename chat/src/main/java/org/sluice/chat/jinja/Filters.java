package org.sluice.chat.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Generator;
import org.sluice.chat.jinja.Sequence.Tuple;

/** Filters ({@code x | name(...)}). Those over sequences are in {@link SequenceFilters}. */
final class Filters {
    private static final Pattern WORD_BEGINNING =
            Pattern.compile("(?<=[-\\s({\\[<])(?![-\\s({\\[<])|(?<![-\\s({\\[<])(?=[-\\s({\\[<])");
    private static final Pattern TAG = Pattern.compile("(?s)<!--.*?-->|<[^>]*>");

    private final Budget budget;
    private final SequenceFilters sequences;

    Filters(Budget budget) {
        this.budget = budget;
        this.sequences = new SequenceFilters(this, budget);
    }

    @Nullable
    Object apply(String name, @Nullable Object v, Arguments a) {
        budget.step();
        return switch (name) {
            case "default", "d" ->
                v instanceof Undefined || (a.truth(1, "boolean", false) && !Values.truth(v))
                        ? a.get(0, "default_value", "")
                        : v;
            case "tojson" -> PythonJson.filter(v, a, budget);
            case "string" -> str(v);
            case "safe" -> v;
            case "trim" -> StringMethods.strip(str(v), a.get(0, "chars", null), true, true);
            case "upper" -> str(v).toUpperCase(Locale.ROOT);
            case "lower" -> str(v).toLowerCase(Locale.ROOT);
            case "capitalize" -> StringMethods.capitalize(str(v));
            case "title" -> title(str(v));
            case "replace" ->
                StringMethods.replace(str(v), str(a.require(0, "old")), str(a.require(1, "new")), count(a), budget);
            case "length", "count" -> (long) Values.length(v);
            case "wordcount" ->
                (long) Splitting.split(str(v), null, -1, false, budget).size();
            case "center" -> StringMethods.pad(str(v), a.integer(0, "width", 80), " ", "center", budget);
            case "indent" -> indent(str(v), a);
            case "truncate" -> truncate(str(v), a);
            case "format" ->
                Formats.percent(str(v), a.keyword().isEmpty() ? new Tuple(a.positional()) : a.keyword(), budget);
            case "escape", "e", "forceescape" -> escape(str(v));
            case "striptags" ->
                String.join(" ", Splitting.split(TAG.matcher(str(v)).replaceAll(""), null, -1, false, budget));
            case "urlencode" -> urlEncode(v);
            case "int" -> integer(v, a);
            case "float" -> real(v, a);
            case "abs" -> absolute(v);
            case "round" -> round(v, a);
            case "attr" -> Members.attribute(v instanceof Map ? null : v, a.requireText(0, "name"), budget);
            case "items" -> items(v);
            default -> sequences.apply(name, v, a);
        };
    }

    private String str(@Nullable Object v) {
        String s = Text.str(v, budget);
        budget.characters(s.length());
        return s;
    }

    private static int count(Arguments a) {
        return a.get(2, "count", null) == null ? -1 : a.integer(2, "count", -1);
    }

    private static String title(String s) {
        StringBuilder out = new StringBuilder(s.length());
        for (String word : WORD_BEGINNING.split(s)) {
            if (!word.isEmpty()) {
                int first = Character.charCount(word.codePointAt(0));
                out.append(word.substring(0, first).toUpperCase(Locale.ROOT))
                        .append(word.substring(first).toLowerCase(Locale.ROOT));
            }
        }
        return out.toString();
    }

    private String indent(String s, Arguments a) {
        Object width = a.get(0, "width", 4L);
        String by = width instanceof String text ? text : " ".repeat(Math.clamp(a.integer(0, "width", 4), 0, 1000));
        boolean blank = a.truth(2, "blank", false);
        List<String> lines = Text.lines(s + "\n", false);
        budget.characters((long) lines.size() * by.length() + s.length());
        StringBuilder out = new StringBuilder(a.truth(1, "first", false) ? by : "");
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            out.append(i == 0 ? "" : "\n")
                    .append(i > 0 && (blank || !line.isEmpty()) ? by : "")
                    .append(line);
        }
        return out.toString();
    }

    private static String truncate(String s, Arguments a) {
        int length = a.integer(0, "length", 255);
        String end = a.text(2, "end", "...");
        int leeway = a.get(3, "leeway", null) == null ? 5 : a.integer(3, "leeway", 5);
        if (length < Values.length(end) || leeway < 0) {
            throw JinjaException.runtime("truncate to " + length + " characters leaves no room for '" + end + "'");
        }
        if (Values.length(s) <= (long) length + leeway) {
            return s;
        }
        String cut = Text.slice(s, null, (long) length - Values.length(end), null);
        int space = a.truth(1, "killwords", false) ? -1 : cut.lastIndexOf(' ');
        return (space < 0 ? cut : cut.substring(0, space)) + end;
    }

    private String escape(String s) {
        budget.characters(s.length());
        return s.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private String urlEncode(@Nullable Object v) {
        StringBuilder out = new StringBuilder();
        for (byte b : str(v).getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b > 0 && (Character.isLetterOrDigit(b) || "_.-~/".indexOf(b) >= 0);
            out.append(plain ? String.valueOf((char) b) : "%%%02X".formatted(b & 0xFF));
        }
        budget.characters(out.length());
        return out.toString();
    }

    private Object integer(@Nullable Object v, Arguments a) {
        Object otherwise = a.get(0, "default", 0L);
        try {
            return switch (v) {
                case Boolean b -> b ? 1L : 0L;
                case Double d -> Numbers.shrink(new BigDecimal(d).toBigInteger());
                case Number n -> n;
                case String s -> parse(Characters.strip(s), a.integer(1, "base", 10));
                case Undefined u -> throw u.failure();
                case null, default -> fallback(otherwise);
            };
        } catch (NumberFormatException e) {
            return fallback(otherwise);
        }
    }

    private static Object fallback(@Nullable Object otherwise) {
        return otherwise == null ? 0L : otherwise;
    }

    private static Number parse(String s, int base) {
        String digits = s.replace("_", "");
        if (digits.length() > Numbers.MAX_DIGITS) {
            throw new NumberFormatException();
        }
        String bare = base == 16 ? digits.replaceFirst("^([+-]?)0[xX]", "$1") : digits;
        try {
            return Numbers.parse(bare, Math.clamp(base, 2, 36));
        } catch (NumberFormatException notAnInteger) {
            return Numbers.shrink(new BigDecimal(floating(digits)).toBigInteger());
        }
    }

    /** {@code float(text)}; NumberFormatException where it is none. Java would also take hex floats and suffixes. */
    private static double floating(String s) {
        String text = Characters.strip(s).toLowerCase(Locale.ROOT);
        return switch (text) {
            case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            case "nan", "+nan", "-nan" -> Double.NaN;
            default -> {
                if (!text.matches("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)(e[+-]?\\d+)?")) {
                    throw new NumberFormatException();
                }
                yield Double.parseDouble(text);
            }
        };
    }

    private static Object real(@Nullable Object v, Arguments a) {
        Object otherwise = a.get(0, "default", 0.0);
        try {
            return switch (v) {
                case String s -> floating(s);
                case Undefined u -> throw u.failure();
                case null -> otherwise == null ? 0.0 : otherwise;
                default -> Numbers.isNumber(v) ? Numbers.real(v) : otherwise == null ? 0.0 : otherwise;
            };
        } catch (NumberFormatException e) {
            return otherwise == null ? 0.0 : otherwise;
        }
    }

    private static Object absolute(@Nullable Object v) {
        if (v == null || !Numbers.isNumber(v)) {
            throw JinjaException.runtime("bad operand type for abs(): '" + Values.typeName(v) + "'");
        }
        return Numbers.isInteger(v) ? Numbers.shrink(Numbers.big(v).abs()) : (Object) Math.abs(Numbers.real(v));
    }

    private static Object round(@Nullable Object v, Arguments a) {
        if (v == null || !Numbers.isNumber(v)) {
            throw JinjaException.runtime("cannot round " + Values.typeName(v));
        }
        int precision = a.integer(0, "precision", 0);
        String method = a.text(1, "method", "common");
        if (method.equals("common")) {
            return Numbers.isInteger(v) && precision >= 0
                    ? v
                    : Numbers.round(Numbers.real(v), precision, RoundingMode.HALF_EVEN);
        }
        double scale = Math.pow(10, precision);
        double scaled = Numbers.real(v) * scale;
        return switch (method) {
            case "ceil" -> Math.ceil(scaled) / scale;
            case "floor" -> Math.floor(scaled) / scale;
            default -> throw JinjaException.runtime("method must be common, ceil or floor");
        };
    }

    private static Object items(@Nullable Object v) {
        return switch (v) {
            case Undefined u -> new Generator(List.of());
            case Map<?, ?> m -> new Generator(Members.pairs(m));
            case null, default -> throw JinjaException.runtime("Can only get item pairs from a mapping.");
        };
    }
}
