package org.sluice.chat.jinja;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Evaluated arguments of a call, filter or test. */
record Arguments(List<? extends @Nullable Object> positional, Map<String, ? extends @Nullable Object> keyword) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(@Nullable Object only) {
        return new Arguments(Collections.singletonList(only), Map.of());
    }

    int count() {
        return positional.size();
    }

    boolean has(int index, String name) {
        return index < positional.size() || keyword.containsKey(name);
    }

    /** By place or by name, else the default. */
    @Nullable
    Object get(int index, String name, @Nullable Object otherwise) {
        return index < positional.size()
                ? positional.get(index)
                : keyword.containsKey(name) ? keyword.get(name) : otherwise;
    }

    @Nullable
    Object require(int index, String name) {
        if (!has(index, name)) {
            throw JinjaException.runtime("missing argument '" + name + "'");
        }
        return get(index, name, null);
    }

    String text(int index, String name, String otherwise) {
        Object value = get(index, name, otherwise);
        if (value instanceof String s) {
            return s;
        }
        throw JinjaException.runtime("argument '" + name + "' must be text, not " + Values.typeName(value));
    }

    String requireText(int index, String name) {
        require(index, name);
        return text(index, name, "");
    }

    int integer(int index, String name, int otherwise) {
        Object value = get(index, name, (long) otherwise);
        return switch (value) {
            case Long n when n == n.intValue() -> n.intValue();
            case Boolean b -> b ? 1 : 0;
            case null, default ->
                throw JinjaException.runtime(
                        "argument '" + name + "' must be an integer, not " + Values.typeName(value));
        };
    }

    boolean truth(int index, String name, boolean otherwise) {
        return Values.truth(get(index, name, otherwise));
    }

    /** Refuses what the callee does not know, as Python does. */
    void check(String callee, int maxPositional, Set<String> names) {
        if (positional.size() > maxPositional) {
            throw JinjaException.runtime(
                    callee + " takes at most " + maxPositional + " arguments, got " + positional.size());
        }
        for (String name : keyword.keySet()) {
            if (!names.contains(name)) {
                throw JinjaException.runtime(callee + " has no argument '" + name + "'");
            }
        }
    }

    Arguments dropFirst(int n) {
        return new Arguments(positional.subList(Math.min(n, positional.size()), positional.size()), keyword);
    }
}
