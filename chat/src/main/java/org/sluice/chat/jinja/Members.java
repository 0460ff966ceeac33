package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Range;
import org.sluice.chat.jinja.Sequence.Tuple;
import org.sluice.chat.jinja.Sequence.View;

/**
 * {@code x.name} and {@code x[key]}. Only what is listed here can be reached; in particular no member of a Java class.
 */
final class Members {
    /** What would change a value in place; chat templates run where Python forbids it, too. */
    private static final Set<String> MUTATORS = Set.of(
            "append",
            "extend",
            "insert",
            "remove",
            "pop",
            "clear",
            "reverse",
            "sort",
            "update",
            "setdefault",
            "popitem");

    private static final Set<String> MAP_METHODS = Set.of("items", "keys", "values", "get", "copy");
    private static final Set<String> LIST_METHODS = Set.of("index", "count", "copy");

    private Members() {}

    /** {@code target.name}: an attribute first, then an item. */
    static @Nullable Object attribute(@Nullable Object target, String name, Budget budget) {
        Object found = own(target, name, budget);
        if (!(found instanceof Undefined)) {
            return found;
        }
        return target instanceof Map<?, ?> m && m.containsKey(name) ? m.get(name) : found;
    }

    /** {@code target[key]}: an item first, then an attribute. */
    static @Nullable Object item(@Nullable Object target, @Nullable Object key, Budget budget) {
        switch (target) {
            case Undefined u -> throw u.failure();
            case Map<?, ?> m -> {
                Object k = Values.key(key);
                if (m.containsKey(k)) {
                    return m.get(k);
                }
            }
            case List<?> l
            when Numbers.isInteger(key) -> {
                long i = index(key);
                i = i < 0 ? i + l.size() : i;
                return i >= 0 && i < l.size()
                        ? l.get((int) i)
                        : Undefined.member(Values.typeName(target), Text.str(key, budget));
            }
            case String s
            when Numbers.isInteger(key) -> {
                String c = Text.at(s, index(key));
                return c != null ? c : Undefined.member("str", Text.str(key, budget));
            }
            case null, default -> {}
        }
        return key instanceof String name
                ? own(target, name, budget)
                : Undefined.member(Values.typeName(target), Text.str(key, budget));
    }

    static Object slice(
            @Nullable Object target, @Nullable Object from, @Nullable Object to, @Nullable Object step, Budget budget) {
        return switch (target) {
            case String s -> {
                budget.characters(s.length());
                yield Text.slice(s, from, to, step);
            }
            case List<?> l -> {
                budget.elements(l.size());
                List<@Nullable Object> part = new ArrayList<>();
                for (int i : Slices.indices(l.size(), from, to, step)) {
                    part.add(l.get(i));
                }
                yield target instanceof Tuple ? new Tuple(part) : part;
            }
            case Undefined u -> throw u.failure();
            case null, default -> throw JinjaException.runtime("cannot slice " + Values.typeName(target));
        };
    }

    private static long index(@Nullable Object key) {
        return key instanceof Long n ? n : key instanceof Boolean b ? (b ? 1 : 0) : Long.MAX_VALUE / 2;
    }

    private static @Nullable Object own(@Nullable Object target, String name, Budget budget) {
        if (name.startsWith("_")) {
            throw JinjaException.runtime("access to '" + name + "' is not allowed");
        }
        return switch (target) {
            case Undefined u -> throw u.failure();
            case String s
            when StringMethods.NAMES.contains(name) -> (Callable) a -> StringMethods.call(s, name, a, budget);
            case Map<?, ?> m when MAP_METHODS.contains(name) -> (Callable) a -> map(m, name, a, budget);
            case Range r -> Undefined.member("range", name);
            case List<?> l when LIST_METHODS.contains(name) -> (Callable) a -> list(l, name, a, budget);
            case Map<?, ?> m when MUTATORS.contains(name) && !m.containsKey(name) -> throw frozen("dict", name);
            case List<?> l when MUTATORS.contains(name) -> throw frozen(Values.typeName(l), name);
            case Namespace n when n.members.containsKey(name) -> n.members.get(name);
            case LoopState loop -> loop.member(name, budget);
            case Macro macro -> macro.member(name);
            case Sequence.Group group -> group.member(name);
            case null, default -> Undefined.member(Values.typeName(target), "'" + name + "'");
        };
    }

    private static JinjaException frozen(String type, String name) {
        return JinjaException.runtime("'" + name + "' would change a " + type + ", which a chat template may not");
    }

    private static @Nullable Object map(Map<?, ?> m, String name, Arguments a, Budget budget) {
        if (name.equals("get")) {
            a.check("get", 2, Set.of());
            Object key = Values.key(a.require(0, "key"));
            return m.containsKey(key) ? m.get(key) : a.get(1, "default", null);
        }
        a.check(name, 0, Set.of());
        budget.elements(m.size());
        return switch (name) {
            case "items" -> new View("dict_items", pairs(m));
            case "keys" -> new View("dict_keys", new ArrayList<>(m.keySet()));
            case "values" -> new View("dict_values", new ArrayList<>(m.values()));
            default -> new LinkedHashMap<>(m);
        };
    }

    static List<Tuple> pairs(Map<?, ?> m) {
        List<Tuple> pairs = new ArrayList<>(m.size());
        m.forEach((k, v) -> pairs.add(new Tuple(Arrays.asList(k, v))));
        return pairs;
    }

    private static Object list(List<?> l, String name, Arguments a, Budget budget) {
        budget.steps(l.size() >> 3);
        if (name.equals("copy")) {
            budget.elements(l.size());
            return new ArrayList<>(l);
        }
        Object wanted = a.require(0, "value");
        long count = 0;
        for (int i = 0; i < l.size(); i++) {
            if (Values.equal(l.get(i), wanted, budget)) {
                if (name.equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (name.equals("index")) {
            throw JinjaException.runtime("the value is not in the list");
        }
        return count;
    }
}
