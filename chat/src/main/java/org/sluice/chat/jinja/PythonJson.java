package org.sluice.chat.jinja;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Range;

/** {@code json.dumps}: Python's separators and number forms, key order kept, no HTML escapes. */
public final class PythonJson {
    private static final int MAX_NESTING = 200;

    private final boolean ascii;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sortKeys;
    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private PythonJson(
            boolean ascii,
            @Nullable String indent,
            String itemSeparator,
            String keySeparator,
            boolean sortKeys,
            Budget budget) {
        this.ascii = ascii;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sortKeys = sortKeys;
        this.budget = budget;
    }

    /** The text {@code json.dumps(value, ensure_ascii=False)} gives. */
    public static String write(@Nullable Object value) {
        return filter(Values.plain(value, 0), Arguments.NONE, new Budget());
    }

    /** The {@code tojson} filter as Hugging Face defines it for chat templates. */
    static String filter(@Nullable Object value, Arguments a, Budget budget) {
        Object indentation = a.get(1, "indent", null);
        String indent = switch (indentation) {
            case null -> null;
            case String s -> s;
            default -> " ".repeat(Math.clamp(a.integer(1, "indent", 0), 0, 100));
        };
        String item = indent == null ? ", " : ",";
        String key = ": ";
        if (a.get(2, "separators", null) instanceof List<?> pair
                && pair.size() == 2
                && pair.get(0) instanceof String first
                && pair.get(1) instanceof String second) {
            item = first;
            key = second;
        }
        PythonJson json = new PythonJson(
                a.truth(0, "ensure_ascii", false), indent, item, key, a.truth(3, "sort_keys", false), budget);
        json.value(value, 0);
        budget.characters(json.out.length());
        return json.out.toString();
    }

    private void value(@Nullable Object v, int depth) {
        if (depth > MAX_NESTING) {
            throw JinjaException.limit("writes JSON nested deeper than " + MAX_NESTING);
        }
        budget.step();
        switch (v) {
            case null -> out.append("null");
            case Boolean b -> out.append(b);
            case Double d -> out.append(number(d));
            case Number n -> out.append(n);
            case String s -> string(s);
            case Range r -> throw unserialisable(v);
            case List<?> l -> list(l, depth);
            case Map<?, ?> m -> map(m, depth);
            default -> throw unserialisable(v);
        }
    }

    private static JinjaException unserialisable(Object v) {
        return JinjaException.runtime("Object of type " + Values.typeName(v) + " is not JSON serializable");
    }

    private static String number(double d) {
        return Double.isNaN(d) ? "NaN" : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : Numbers.repr(d);
    }

    private void list(List<?> list, int depth) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        boolean first = true;
        for (Object item : list) {
            separate(first, depth + 1);
            first = false;
            value(item, depth + 1);
        }
        newLine(depth);
        out.append(']');
    }

    private void map(Map<?, ?> map, int depth) {
        if (map.isEmpty()) {
            out.append("{}");
            return;
        }
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> e : ordered(map).entrySet()) {
            separate(first, depth + 1);
            first = false;
            string(key(e.getKey()));
            out.append(keySeparator);
            value(e.getValue(), depth + 1);
        }
        newLine(depth);
        out.append('}');
    }

    private Map<?, ?> ordered(Map<?, ?> map) {
        if (!sortKeys) {
            return map;
        }
        Map<Object, @Nullable Object> sorted = new TreeMap<>((x, y) -> Values.compare(x, y, budget));
        sorted.putAll(Collections.unmodifiableMap(map));
        return sorted;
    }

    private static String key(@Nullable Object key) {
        return switch (key) {
            case null -> "null";
            case String s -> s;
            case Boolean b -> b.toString();
            case Double d -> number(d);
            case Number n -> n.toString();
            default -> throw JinjaException.runtime("keys must be str, int, float, bool or None");
        };
    }

    private void separate(boolean first, int depth) {
        out.append(first ? "" : itemSeparator);
        newLine(depth);
    }

    private void newLine(int depth) {
        if (indent != null) {
            out.append('\n').repeat(indent, depth);
        }
    }

    private void string(String s) {
        budget.characters(s.length());
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20 || (ascii && c > 0x7E)) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
