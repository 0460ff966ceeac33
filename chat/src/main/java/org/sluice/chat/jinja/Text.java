package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Generator;
import org.sluice.chat.jinja.Sequence.Range;
import org.sluice.chat.jinja.Sequence.Tuple;
import org.sluice.chat.jinja.Sequence.View;

/** Python's {@code str} and {@code repr}, and text measured in code points. */
final class Text {
    private static final int MAX_NESTING = 200;

    private Text() {}

    /** {@code str(v)}: what printing a value writes. */
    static String str(@Nullable Object v, Budget budget) {
        return switch (v) {
            case String s -> s;
            case Undefined u -> "";
            case null, default -> {
                StringBuilder out = new StringBuilder();
                repr(v, out, 0, budget);
                budget.characters(out.length());
                yield out.toString();
            }
        };
    }

    private static void repr(@Nullable Object v, StringBuilder out, int depth, Budget budget) {
        budget.step();
        if (depth > MAX_NESTING) {
            throw JinjaException.limit("prints values nested deeper than " + MAX_NESTING);
        }
        switch (v) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case Double d -> out.append(Numbers.repr(d));
            case Number n -> out.append(n);
            case String s -> {
                budget.characters(s.length());
                quote(s, out);
            }
            case Tuple t -> {
                items(t, "(", "", out, depth, budget);
                out.append(t.size() == 1 ? ",)" : ")");
            }
            case Range r -> {
                out.append("range(").append(r.start).append(", ").append(r.stop);
                out.append(r.step == 1 ? ")" : ", " + r.step + ")");
            }
            case List<?> l -> items(l, "[", "]", out, depth, budget);
            case Map<?, ?> m -> map(m, out, depth, budget);
            case View view -> items(view.items, view.kind + "([", "])", out, depth, budget);
            case Generator g -> out.append("<generator object>");
            case Undefined u -> out.append("Undefined");
            case Namespace n -> {
                out.append("<Namespace ");
                map(n.members, out, depth, budget);
                out.append('>');
            }
            default -> out.append('<').append(Values.typeName(v)).append('>');
        }
    }

    private static void items(
            List<? extends @Nullable Object> items,
            String open,
            String close,
            StringBuilder out,
            int depth,
            Budget budget) {
        out.append(open);
        boolean first = true;
        for (Object item : items) {
            out.append(first ? "" : ", ");
            first = false;
            repr(item, out, depth + 1, budget);
        }
        out.append(close);
    }

    private static void map(Map<?, ? extends @Nullable Object> map, StringBuilder out, int depth, Budget budget) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ? extends @Nullable Object> e : map.entrySet()) {
            out.append(first ? "" : ", ");
            first = false;
            repr(e.getKey(), out, depth + 1, budget);
            out.append(": ");
            repr(e.getValue(), out, depth + 1, budget);
        }
        out.append('}');
    }

    static void quote(String s, StringBuilder out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        s.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else if (c < 0x100) {
                        out.append("\\x%02x".formatted(c));
                    } else {
                        out.append((c < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(c));
                    }
                }
            }
        });
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        return c == ' '
                || switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }

    /** Order by code point, which for characters beyond the BMP is not Java's. */
    static int compare(String a, String b) {
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean differently = Character.isSurrogate(x) != Character.isSurrogate(y);
                return differently ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    static String slice(String s, @Nullable Object from, @Nullable Object to, @Nullable Object step) {
        int[] points = s.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        for (int i : Slices.indices(points.length, from, to, step)) {
            out.appendCodePoint(points[i]);
        }
        return out.toString();
    }

    /** Character {@code i} counted in code points; null where there is none. */
    static @Nullable String at(String s, long i) {
        int length = s.codePointCount(0, s.length());
        long index = i < 0 ? i + length : i;
        if (index < 0 || index >= length) {
            return null;
        }
        return Character.toString(s.codePointAt(s.offsetByCodePoints(0, (int) index)));
    }

    static List<String> lines(String s, boolean keepEnds) {
        List<String> lines = new ArrayList<>();
        int begin = 0;
        int i = 0;
        while (i < s.length()) {
            char c = s.charAt(i++);
            if ("\n\r\u000B\f\u001C\u001D\u001E\u0085\u2028\u2029".indexOf(c) < 0) {
                continue;
            }
            int end = i - 1;
            if (c == '\r' && i < s.length() && s.charAt(i) == '\n') {
                i++;
            }
            lines.add(s.substring(begin, keepEnds ? i : end));
            begin = i;
        }
        if (begin < s.length()) {
            lines.add(s.substring(begin));
        }
        return lines;
    }
}
