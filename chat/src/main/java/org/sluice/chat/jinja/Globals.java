package org.sluice.chat.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Range;

/** Functions every template can call: Jinja's, and the two that Hugging Face adds for chat templates. */
final class Globals {
    /** What Jinja's own sandbox allows. */
    private static final int MAX_RANGE = 100_000;

    private Globals() {}

    static Scope scope(Budget budget, Clock clock) {
        Scope scope = new Scope(null);
        scope.set("range", (Callable) Globals::range);
        scope.set("namespace", (Callable) a -> namespace(a, budget));
        scope.set("dict", (Callable) a -> dict(a, budget));
        scope.set("cycler", (Callable) Globals::cycler);
        scope.set("joiner", (Callable) Globals::joiner);
        scope.set("raise_exception", (Callable) a -> {
            throw JinjaException.raised(Text.str(a.require(0, "message"), budget));
        });
        scope.set("strftime_now", (Callable)
                a -> TimeFormat.format(a.requireText(0, "format"), ZonedDateTime.now(clock), budget));
        return scope;
    }

    private static Object range(Arguments a) {
        a.check("range", 3, Set.of());
        a.require(0, "stop");
        boolean one = a.count() == 1;
        long start = one ? 0 : a.integer(0, "start", 0);
        long stop = one ? a.integer(0, "stop", 0) : a.integer(1, "stop", 0);
        long step = a.integer(2, "step", 1);
        if (step == 0) {
            throw JinjaException.runtime("range() arg 3 must not be zero");
        }
        long size = Math.max(0, step > 0 ? Math.ceilDiv(stop - start, step) : Math.ceilDiv(start - stop, -step));
        if (size > MAX_RANGE) {
            throw JinjaException.limit("asks for a range of " + size + " numbers, more than " + MAX_RANGE);
        }
        return new Range(start, stop, step, (int) size);
    }

    private static Object namespace(Arguments a, Budget budget) {
        Namespace namespace = new Namespace();
        dict(a, budget).forEach((k, v) -> namespace.members.put(Text.str(k, budget), v));
        return namespace;
    }

    private static Map<Object, @Nullable Object> dict(Arguments a, Budget budget) {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        if (a.count() > 0) {
            if (a.positional().getFirst() instanceof Map<?, ?> given) {
                given.forEach(map::put);
            } else {
                for (Object pair : Values.iterate(a.positional().getFirst(), budget)) {
                    if (!(pair instanceof List<?> both) || both.size() != 2) {
                        throw JinjaException.runtime("dict takes a mapping or a list of pairs");
                    }
                    map.put(Values.key(both.get(0)), both.get(1));
                }
            }
        }
        map.putAll(a.keyword());
        budget.elements(map.size());
        return map;
    }

    private static Object cycler(Arguments a) {
        if (a.count() == 0) {
            throw JinjaException.runtime("at least one item has to be provided");
        }
        Namespace cycler = new Namespace();
        int[] at = {0};
        cycler.members.put("current", a.positional().getFirst());
        cycler.members.put("next", (Callable) none -> {
            Object now = a.positional().get(at[0]);
            at[0] = (at[0] + 1) % a.count();
            cycler.members.put("current", a.positional().get(at[0]));
            return now;
        });
        cycler.members.put("reset", (Callable) none -> {
            at[0] = 0;
            cycler.members.put("current", a.positional().getFirst());
            return null;
        });
        return cycler;
    }

    private static Object joiner(Arguments a) {
        String separator = a.text(0, "sep", ", ");
        boolean[] used = {false};
        return (Callable) none -> {
            String now = used[0] ? separator : "";
            used[0] = true;
            return now;
        };
    }
}
