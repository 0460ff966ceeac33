package org.sluice.chat.jinja;

import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Tuple;

/** Methods of Python's {@code str}. */
final class StringMethods {
    static final Set<String> NAMES = Set.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "startswith",
            "endswith",
            "replace",
            "upper",
            "lower",
            "title",
            "capitalize",
            "swapcase",
            "casefold",
            "find",
            "rfind",
            "index",
            "rindex",
            "count",
            "join",
            "isdigit",
            "isdecimal",
            "isnumeric",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "zfill",
            "center",
            "ljust",
            "rjust",
            "partition",
            "rpartition",
            "removeprefix",
            "removesuffix",
            "format",
            "expandtabs");

    private StringMethods() {}

    static @Nullable Object call(String s, String method, Arguments a, Budget budget) {
        budget.steps(1 + (s.length() >> 8));
        return switch (method) {
            case "strip" -> strip(s, a.get(0, "chars", null), true, true);
            case "lstrip" -> strip(s, a.get(0, "chars", null), true, false);
            case "rstrip" -> strip(s, a.get(0, "chars", null), false, true);
            case "split", "rsplit" ->
                Splitting.split(
                        s, a.get(0, "sep", null), a.integer(1, "maxsplit", -1), method.equals("rsplit"), budget);
            case "splitlines" -> {
                budget.characters(s.length());
                yield Text.lines(s, a.truth(0, "keepends", false));
            }
            case "startswith", "endswith" -> edges(s, method.equals("startswith"), a);
            case "replace" ->
                replace(s, a.requireText(0, "old"), a.requireText(1, "new"), a.integer(2, "count", -1), budget);
            case "upper" -> s.toUpperCase(Locale.ROOT);
            case "lower", "casefold" -> s.toLowerCase(Locale.ROOT);
            case "title" -> title(s);
            case "capitalize" -> capitalize(s);
            case "swapcase" ->
                map(s, c -> Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c));
            case "find", "index" -> find(s, a, method, false);
            case "rfind", "rindex" -> find(s, a, method, true);
            case "count" -> count(s, a.requireText(0, "sub"));
            case "join" -> join(s, Values.iterate(a.require(0, "iterable"), budget), budget);
            case "isdigit", "isdecimal" -> all(s, Character::isDigit);
            case "isnumeric" ->
                all(
                        s,
                        c -> Character.isDigit(c)
                                || Character.getType(c) == Character.LETTER_NUMBER
                                || Character.getType(c) == Character.OTHER_NUMBER);
            case "isalpha" -> all(s, Character::isLetter);
            case "isalnum" -> all(s, Character::isLetterOrDigit);
            case "isspace" -> all(s, Characters::isSpace);
            case "isupper" -> cased(s, true);
            case "islower" -> cased(s, false);
            case "zfill" -> zfill(s, a.integer(0, "width", 0), budget);
            case "center", "ljust", "rjust" ->
                pad(s, a.integer(0, "width", 0), a.text(1, "fillchar", " "), method, budget);
            case "partition", "rpartition" -> partition(s, a.requireText(0, "sep"), method.equals("rpartition"));
            case "removeprefix" ->
                s.startsWith(a.requireText(0, "prefix"))
                        ? s.substring(a.requireText(0, "prefix").length())
                        : s;
            case "removesuffix" -> {
                String suffix = a.requireText(0, "suffix");
                yield s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
            }
            case "format" -> Formats.braces(s, a, budget);
            case "expandtabs" -> expandTabs(s, a.integer(0, "tabsize", 8), budget);
            default -> throw new IllegalArgumentException(method);
        };
    }

    static String strip(String s, @Nullable Object characters, boolean left, boolean right) {
        IntPredicate taken = switch (characters) {
            case null -> Characters::isSpace;
            case String set -> c -> set.indexOf(c) >= 0;
            default -> throw JinjaException.runtime("strip takes text or None, not " + Values.typeName(characters));
        };
        int begin = 0;
        int end = s.length();
        while (left && begin < end && taken.test(s.codePointAt(begin))) {
            begin += Character.charCount(s.codePointAt(begin));
        }
        while (right && end > begin && taken.test(s.codePointBefore(end))) {
            end -= Character.charCount(s.codePointBefore(end));
        }
        return s.substring(begin, end);
    }

    private static boolean edges(String s, boolean start, Arguments a) {
        Object wanted = a.require(0, "prefix");
        String part = s;
        if (a.count() > 1) {
            part = Text.slice(s, a.get(1, "start", null), a.get(2, "end", null), null);
        }
        List<?> options = wanted instanceof Tuple t ? t : Collections.singletonList(wanted);
        for (Object option : options) {
            if (!(option instanceof String text)) {
                throw JinjaException.runtime((start ? "startswith" : "endswith")
                        + " takes text or a tuple of texts, not " + Values.typeName(wanted));
            }
            if (start ? part.startsWith(text) : part.endsWith(text)) {
                return true;
            }
        }
        return false;
    }

    static String replace(String s, String old, String with, int count, Budget budget) {
        int limit = count < 0 ? Integer.MAX_VALUE : count;
        StringBuilder out = new StringBuilder();
        int at = 0;
        int done = 0;
        while (done < limit) {
            int next = old.isEmpty() ? (done == 0 ? 0 : at + 1) : s.indexOf(old, at);
            if (next < 0 || next > s.length()) {
                break;
            }
            budget.characters(next - at + with.length());
            out.append(s, at, next).append(with);
            at = next + old.length();
            done++;
        }
        budget.characters(s.length() - at);
        return out.append(s, at, s.length()).toString();
    }

    /** First character upper, the rest lower. */
    static String capitalize(String s) {
        if (s.isEmpty()) {
            return s;
        }
        int first = Character.charCount(s.codePointAt(0));
        return titleCase(s.substring(0, first)) + s.substring(first).toLowerCase(Locale.ROOT);
    }

    private static String titleCase(String c) {
        int point = c.codePointAt(0);
        int title = Character.toTitleCase(point);
        if (title != point) {
            return Character.toString(title);
        }
        // Only U+00DF and its like have a title case of several letters: Ss.
        String upper = c.toUpperCase(Locale.ROOT);
        return upper.length() > c.length()
                ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
                : upper;
    }

    private static String title(String s) {
        StringBuilder out = new StringBuilder(s.length());
        boolean inside = false;
        for (int i = 0; i < s.length(); ) {
            int c = s.codePointAt(i);
            String one = Character.toString(c);
            out.append(inside ? one.toLowerCase(Locale.ROOT) : titleCase(one));
            inside = Character.isLetter(c);
            i += Character.charCount(c);
        }
        return out.toString();
    }

    private static String map(String s, IntUnaryOperator each) {
        return s.codePoints()
                .map(each)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static long find(String s, Arguments a, String method, boolean last) {
        String wanted = a.requireText(0, "sub");
        int from = 0;
        String within = s;
        if (a.count() > 1) {
            int[] window = Slices.indices(s.length(), a.get(1, "start", null), a.get(2, "end", null), null);
            from = window.length == 0 ? 0 : window[0];
            within = window.length == 0 ? "" : s.substring(from, from + window.length);
        }
        int at = last ? within.lastIndexOf(wanted) : within.indexOf(wanted);
        if (at < 0 && method.endsWith("index")) {
            throw JinjaException.runtime("substring not found");
        }
        return at < 0 ? -1 : s.codePointCount(0, from + at);
    }

    private static long count(String s, String wanted) {
        if (wanted.isEmpty()) {
            return s.codePointCount(0, s.length()) + 1L;
        }
        long n = 0;
        for (int i = s.indexOf(wanted); i >= 0; i = s.indexOf(wanted, i + wanted.length())) {
            n++;
        }
        return n;
    }

    private static String join(String separator, List<? extends @Nullable Object> items, Budget budget) {
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (Object item : items) {
            if (!(item instanceof String text)) {
                throw JinjaException.runtime("join: expected str instance, " + Values.typeName(item) + " found");
            }
            budget.characters(text.length() + separator.length());
            out.append(first ? "" : separator).append(text);
            first = false;
        }
        return out.toString();
    }

    private static boolean all(String s, IntPredicate each) {
        return !s.isEmpty() && s.codePoints().allMatch(each);
    }

    private static boolean cased(String s, boolean upper) {
        boolean none = s.codePoints().noneMatch(c -> upper ? Character.isLowerCase(c) : Character.isUpperCase(c));
        return none && s.codePoints().anyMatch(c -> upper ? Character.isUpperCase(c) : Character.isLowerCase(c));
    }

    private static String zfill(String s, int width, Budget budget) {
        boolean signed = s.startsWith("-") || s.startsWith("+");
        int zeros = Math.max(0, width - Values.length(s));
        budget.characters(zeros);
        return (signed ? s.substring(0, 1) : "") + "0".repeat(zeros) + s.substring(signed ? 1 : 0);
    }

    static String pad(String s, int width, String fill, String side, Budget budget) {
        int missing = Math.max(0, width - Values.length(s));
        budget.characters(missing);
        int left = switch (side) {
            case "ljust" -> 0;
            case "rjust" -> missing;
            // Python puts the odd one left where the width is odd.
            default -> missing / 2 + (missing & width & 1);
        };
        return fill.repeat(left) + s + fill.repeat(missing - left);
    }

    private static Tuple partition(String s, String separator, boolean last) {
        if (separator.isEmpty()) {
            throw JinjaException.runtime("empty separator");
        }
        int at = last ? s.lastIndexOf(separator) : s.indexOf(separator);
        if (at < 0) {
            return new Tuple(last ? List.of("", "", s) : List.of(s, "", ""));
        }
        return new Tuple(List.of(s.substring(0, at), separator, s.substring(at + separator.length())));
    }

    private static String expandTabs(String s, int size, Budget budget) {
        StringBuilder out = new StringBuilder();
        int column = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '\t') {
                int n = size > 0 ? size - column % size : 0;
                budget.characters(n);
                out.repeat(' ', n);
                column += n;
            } else {
                out.append(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        return out.toString();
    }
}
