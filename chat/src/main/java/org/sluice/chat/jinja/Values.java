package org.sluice.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Generator;
import org.sluice.chat.jinja.Sequence.Range;
import org.sluice.chat.jinja.Sequence.Tuple;
import org.sluice.chat.jinja.Sequence.View;

/** What Python's built-in operations do with the values of a template: null is None. */
final class Values {
    private static final int MAX_NESTING = 200;

    private Values() {}

    /**
     * A copy of an application's value made of nothing but maps, lists, strings, numbers, booleans and null, so that no
     * template ever holds one of its objects.
     *
     * @throws IllegalArgumentException for any other kind of value
     */
    static @Nullable Object plain(@Nullable Object v, int depth) {
        if (depth > MAX_NESTING) {
            throw new IllegalArgumentException("nested deeper than " + MAX_NESTING);
        }
        return switch (v) {
            case null -> null;
            case String s -> s;
            case Boolean b -> b;
            case Double d -> d;
            case Float f -> f.doubleValue();
            case BigDecimal d -> d.doubleValue();
            case BigInteger n -> Numbers.shrink(n);
            case Number n
            when n instanceof Long || n instanceof Integer || n instanceof Short || n instanceof Byte -> n.longValue();
            case Map<?, ?> m -> {
                Map<String, @Nullable Object> copy = LinkedHashMap.newLinkedHashMap(m.size());
                for (Map.Entry<?, ?> e : m.entrySet()) {
                    if (!(e.getKey() instanceof String key)) {
                        throw new IllegalArgumentException("a map's key is no string");
                    }
                    copy.put(key, plain(e.getValue(), depth + 1));
                }
                yield copy;
            }
            case Iterable<?> list -> {
                List<@Nullable Object> copy = new ArrayList<>();
                for (Object item : list) {
                    copy.add(plain(item, depth + 1));
                }
                yield copy;
            }
            default ->
                throw new IllegalArgumentException("of type " + v.getClass().getSimpleName());
        };
    }

    static boolean truth(@Nullable Object v) {
        return switch (v) {
            case null -> false;
            case Boolean b -> b;
            case String s -> !s.isEmpty();
            case Double d -> d != 0;
            case Number n -> Numbers.big(n).signum() != 0;
            case List<?> l -> !l.isEmpty();
            case Map<?, ?> m -> !m.isEmpty();
            case View view -> !view.items.isEmpty();
            case Undefined u -> false;
            default -> true;
        };
    }

    static String typeName(@Nullable Object v) {
        return switch (v) {
            case null -> "NoneType";
            case Boolean b -> "bool";
            case String s -> "str";
            case Double d -> "float";
            case Number n -> "int";
            case Tuple t -> "tuple";
            case Range r -> "range";
            case List<?> l -> "list";
            case Map<?, ?> m -> "dict";
            case View view -> view.kind;
            case Generator g -> "generator";
            case Undefined u -> "Undefined";
            case Namespace n -> "Namespace";
            case Callable c -> "function";
            default -> "object";
        };
    }

    static boolean equal(@Nullable Object a, @Nullable Object b, Budget budget) {
        return equal(a, b, budget, 0);
    }

    @SuppressWarnings("ReferenceEquality") // a value is equal to itself, however deep
    private static boolean equal(@Nullable Object a, @Nullable Object b, Budget budget, int depth) {
        budget.step();
        if (depth > MAX_NESTING) {
            throw JinjaException.limit("compares values nested deeper than " + MAX_NESTING);
        }
        if (a == b) {
            return true;
        }
        if (a == null || b == null) {
            return false;
        }
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.equal(a, b);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (!typeName(a).equals(typeName(b)) || x.size() != y.size()) {
                return false;
            }
            for (int i = 0; i < x.size(); i++) {
                if (!equal(x.get(i), y.get(i), budget, depth + 1)) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            if (x.size() != y.size()) {
                return false;
            }
            for (Map.Entry<?, ?> e : x.entrySet()) {
                if (!y.containsKey(e.getKey()) || !equal(e.getValue(), y.get(e.getKey()), budget, depth + 1)) {
                    return false;
                }
            }
            return true;
        }
        return (a instanceof String || a instanceof Undefined) && Objects.equals(a, b);
    }

    /** Order of two values; of values that have none, an error. */
    static int compare(@Nullable Object a, @Nullable Object b, Budget budget) {
        if (a instanceof Undefined u) {
            throw u.failure();
        }
        if (b instanceof Undefined u) {
            throw u.failure();
        }
        if (a != null && b != null && Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b);
        }
        if (a instanceof String x && b instanceof String y) {
            return Text.compare(x, y);
        }
        if (a instanceof List<?> x && b instanceof List<?> y && typeName(a).equals(typeName(b))) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!equal(x.get(i), y.get(i), budget)) {
                    return compare(x.get(i), y.get(i), budget);
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        throw JinjaException.runtime("cannot order " + typeName(a) + " and " + typeName(b));
    }

    static boolean contains(@Nullable Object container, @Nullable Object item, Budget budget) {
        return switch (container) {
            case String s -> {
                if (!(item instanceof String part)) {
                    throw JinjaException.runtime("'in' needs text on both sides, not " + typeName(item));
                }
                budget.steps(s.length() >> 8);
                yield s.contains(part);
            }
            case Map<?, ?> m -> m.containsKey(key(item));
            case Namespace n -> throw JinjaException.runtime("a namespace cannot be searched");
            case null, default -> {
                List<? extends @Nullable Object> items = iterate(container, budget);
                budget.steps(items.size() >> 3);
                for (Object other : items) {
                    if (equal(other, item, budget)) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }

    /** What a for loop walks over. */
    static List<? extends @Nullable Object> iterate(@Nullable Object v, Budget budget) {
        return switch (v) {
            case List<?> l -> l;
            case Map<?, ?> m -> new ArrayList<>(m.keySet());
            case View view -> view.items;
            case Generator g -> g.take();
            case Undefined u -> List.of();
            case String s -> {
                budget.elements(s.length());
                List<String> characters = new ArrayList<>(s.length());
                s.codePoints().forEach(c -> characters.add(Character.toString(c)));
                yield characters;
            }
            case null, default -> throw JinjaException.runtime("'" + typeName(v) + "' object is not iterable");
        };
    }

    static int length(@Nullable Object v) {
        return switch (v) {
            case String s -> s.codePointCount(0, s.length());
            case List<?> l -> l.size();
            case Map<?, ?> m -> m.size();
            case View view -> view.items.size();
            case Undefined u -> 0;
            case null, default -> throw JinjaException.runtime("object of type '" + typeName(v) + "' has no len()");
        };
    }

    /** A value as a dictionary key: equal numbers are one key. */
    static @Nullable Object key(@Nullable Object v) {
        return switch (v) {
            case null -> null;
            case String s -> s;
            case Boolean b -> b ? 1L : 0L;
            case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> d.longValue();
            case Number n -> n;
            case Undefined u -> u;
            case Tuple t -> {
                List<@Nullable Object> parts = new ArrayList<>();
                for (Object item : t) {
                    // Tuples in tuples could be made to hash for ever.
                    parts.add(key(item instanceof Tuple ? new ArrayList<>() : item));
                }
                yield new Tuple(parts);
            }
            default -> throw JinjaException.runtime("unhashable type: '" + typeName(v) + "'");
        };
    }

    static Object add(@Nullable Object a, @Nullable Object b, Budget budget) {
        if (a instanceof String x && b instanceof String y) {
            budget.characters((long) x.length() + y.length());
            return x + y;
        }
        if (a instanceof List<?> x && b instanceof List<?> y && typeName(a).equals(typeName(b))) {
            budget.elements((long) x.size() + y.size());
            List<@Nullable Object> all = new ArrayList<>(x.size() + y.size());
            all.addAll(x);
            all.addAll(y);
            return a instanceof Tuple ? new Tuple(all) : all;
        }
        return arithmetic("+", a, b);
    }

    static Object multiply(@Nullable Object a, @Nullable Object b, Budget budget) {
        if (Numbers.isInteger(b) && (a instanceof String || a instanceof List<?>)) {
            return repeat(a, Numbers.big(Objects.requireNonNull(b)), budget);
        }
        if (Numbers.isInteger(a) && (b instanceof String || b instanceof List<?>)) {
            return repeat(b, Numbers.big(Objects.requireNonNull(a)), budget);
        }
        return arithmetic("*", a, b);
    }

    static Object arithmetic(String operator, @Nullable Object a, @Nullable Object b) {
        if (a instanceof Undefined u) {
            throw u.failure();
        }
        if (b instanceof Undefined u) {
            throw u.failure();
        }
        if (a == null || b == null || !Numbers.isNumber(a) || !Numbers.isNumber(b)) {
            throw JinjaException.runtime("cannot compute " + typeName(a) + " " + operator + " " + typeName(b));
        }
        return Numbers.binary(operator, a, b);
    }

    private static Object repeat(Object what, BigInteger times, Budget budget) {
        int length = what instanceof String s ? s.length() : ((List<?>) what).size();
        if (times.signum() <= 0 || length == 0) {
            return what instanceof String ? "" : what instanceof Tuple ? new Tuple(List.of()) : new ArrayList<>();
        }
        if (times.bitLength() > 31) {
            throw JinjaException.limit("repeats a value " + times + " times");
        }
        if (what instanceof String) {
            budget.characters(length * times.longValueExact());
        } else {
            budget.elements(length * times.longValueExact());
        }
        int n = times.intValueExact();
        if (what instanceof String s) {
            return s.repeat(n);
        }
        List<@Nullable Object> all = new ArrayList<>(length * n);
        for (int i = 0; i < n; i++) {
            all.addAll((List<?>) what);
        }
        return what instanceof Tuple ? new Tuple(all) : all;
    }
}
