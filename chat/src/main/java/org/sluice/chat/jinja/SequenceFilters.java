package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Generator;
import org.sluice.chat.jinja.Sequence.Group;
import org.sluice.chat.jinja.Sequence.Tuple;

/** Filters over sequences. The lazy ones of Jinja give a {@link Generator}. */
final class SequenceFilters {
    private final Filters filters;
    private final Budget budget;

    SequenceFilters(Filters filters, Budget budget) {
        this.filters = filters;
        this.budget = budget;
    }

    @Nullable
    Object apply(String name, @Nullable Object v, Arguments a) {
        return switch (name) {
            case "list" -> new ArrayList<>(walk(v));
            case "first" -> first(v);
            case "last" -> last(v);
            case "join" -> join(v, a);
            case "map" -> new Generator(map(v, a));
            case "select" -> new Generator(select(v, a, true, false));
            case "reject" -> new Generator(select(v, a, false, false));
            case "selectattr" -> new Generator(select(v, a, true, true));
            case "rejectattr" -> new Generator(select(v, a, false, true));
            case "reverse" -> reverse(v);
            case "sort" ->
                sort(v, a.get(2, "attribute", null), a.truth(0, "reverse", false), a.truth(1, "case_sensitive", false));
            case "unique" -> new Generator(unique(v, a));
            case "min", "max" -> extreme(v, a, name.equals("max"));
            case "sum" -> sum(v, a);
            case "batch" -> new Generator(batch(v, a));
            case "slice" -> new Generator(slice(v, a));
            case "groupby" -> groupBy(v, a);
            case "dictsort" -> dictSort(v, a);
            default -> throw JinjaException.runtime("no filter named '" + name + "'");
        };
    }

    private List<? extends @Nullable Object> walk(@Nullable Object v) {
        List<? extends @Nullable Object> items = Values.iterate(v, budget);
        budget.elements(items.size());
        budget.steps(items.size());
        return items;
    }

    private @Nullable Object first(@Nullable Object v) {
        if (v instanceof Generator g) {
            return g.isEmpty() ? new Undefined("No first item, sequence was empty.") : g.takeFirst();
        }
        List<? extends @Nullable Object> items = walk(v);
        return items.isEmpty() ? new Undefined("No first item, sequence was empty.") : items.getFirst();
    }

    private @Nullable Object last(@Nullable Object v) {
        if (v instanceof Generator) {
            throw JinjaException.runtime("'generator' object is not reversible");
        }
        List<? extends @Nullable Object> items = walk(v);
        return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.getLast();
    }

    private String join(@Nullable Object v, Arguments a) {
        String separator = Text.str(a.get(0, "d", ""), budget);
        Object attribute = a.get(1, "attribute", null);
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (Object item : walk(v)) {
            String text = Text.str(attribute == null ? item : attribute(item, attribute), budget);
            budget.characters(text.length() + separator.length());
            out.append(first ? "" : separator).append(text);
            first = false;
        }
        return out.toString();
    }

    private List<@Nullable Object> map(@Nullable Object v, Arguments a) {
        List<@Nullable Object> mapped = new ArrayList<>();
        boolean byAttribute = a.count() == 0 && a.keyword().containsKey("attribute");
        String filter = byAttribute ? "" : a.requireText(0, "filter");
        Arguments rest = a.dropFirst(1);
        for (Object item : walk(v)) {
            if (byAttribute) {
                Object found = attribute(item, a.keyword().get("attribute"));
                boolean missing = found instanceof Undefined && a.keyword().get("default") != null;
                mapped.add(missing ? a.keyword().get("default") : found);
            } else {
                mapped.add(filters.apply(filter, item, rest));
            }
        }
        return mapped;
    }

    private List<@Nullable Object> select(@Nullable Object v, Arguments a, boolean wanted, boolean byAttribute) {
        int skip = byAttribute ? 1 : 0;
        Object attribute = byAttribute ? a.require(0, "attribute") : null;
        String test = a.count() > skip ? a.requireText(skip, "test") : "";
        Arguments rest = a.dropFirst(skip + 1);
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : walk(v)) {
            Object value = byAttribute ? attribute(item, attribute) : item;
            boolean holds = test.isEmpty() ? Values.truth(value) : Checks.check(test, value, rest, budget);
            if (holds == wanted) {
                kept.add(item);
            }
        }
        return kept;
    }

    private Object reverse(@Nullable Object v) {
        if (v instanceof String s) {
            budget.characters(s.length());
            return new StringBuilder(s).reverse().toString();
        }
        List<@Nullable Object> items = new ArrayList<>(walk(v));
        Collections.reverse(items);
        return new Generator(items);
    }

    private List<@Nullable Object> sort(
            @Nullable Object v, @Nullable Object attributes, boolean reverse, boolean exact) {
        List<@Nullable Object> items = new ArrayList<>(walk(v));
        Comparator<@Nullable Object> order =
                (x, y) -> compare(sortKey(x, attributes, exact), sortKey(y, attributes, exact));
        return sorted(items, reverse ? order.reversed() : order);
    }

    private int compare(@Nullable Object x, @Nullable Object y) {
        return Values.compare(x, y, budget);
    }

    private List<@Nullable Object> sorted(List<@Nullable Object> items, Comparator<@Nullable Object> order) {
        try {
            items.sort((x, y) -> {
                budget.step();
                return order.compare(x, y);
            });
        } catch (IllegalArgumentException noTotalOrder) {
            throw JinjaException.runtime("the items have no total order");
        }
        return items;
    }

    /** What an item is sorted by: itself, or the attributes of a list with commas. */
    private @Nullable Object sortKey(@Nullable Object item, @Nullable Object attributes, boolean exact) {
        if (attributes instanceof String several && several.contains(",")) {
            List<@Nullable Object> keys = new ArrayList<>();
            for (String one : several.split(",", -1)) {
                keys.add(folded(attribute(item, one), exact));
            }
            return keys;
        }
        return folded(attributes == null ? item : attribute(item, attributes), exact);
    }

    private static @Nullable Object folded(@Nullable Object v, boolean exact) {
        return v instanceof String s && !exact ? s.toLowerCase(Locale.ROOT) : v;
    }

    private List<@Nullable Object> unique(@Nullable Object v, Arguments a) {
        boolean exact = a.truth(0, "case_sensitive", false);
        Object attribute = a.get(1, "attribute", null);
        Set<@Nullable Object> seen = new HashSet<>();
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : walk(v)) {
            if (seen.add(Values.key(sortKey(item, attribute, exact)))) {
                kept.add(item);
            }
        }
        return kept;
    }

    private @Nullable Object extreme(@Nullable Object v, Arguments a, boolean max) {
        boolean exact = a.truth(0, "case_sensitive", false);
        Object attribute = a.get(1, "attribute", null);
        List<? extends @Nullable Object> items = walk(v);
        if (items.isEmpty()) {
            return new Undefined("No aggregated item, sequence was empty.");
        }
        Object best = items.getFirst();
        for (Object item : items) {
            int order = compare(sortKey(item, attribute, exact), sortKey(best, attribute, exact));
            if (max ? order > 0 : order < 0) {
                best = item;
            }
        }
        return best;
    }

    private @Nullable Object sum(@Nullable Object v, Arguments a) {
        Object attribute = a.get(0, "attribute", null);
        Object total = a.get(1, "start", 0L);
        for (Object item : walk(v)) {
            total = Values.add(total, attribute == null ? item : attribute(item, attribute), budget);
        }
        return total;
    }

    private List<@Nullable Object> batch(@Nullable Object v, Arguments a) {
        int size = positive(a.integer(0, "linecount", 0));
        Object fill = a.get(1, "fill_with", null);
        List<? extends @Nullable Object> items = walk(v);
        List<@Nullable Object> batches = new ArrayList<>();
        for (int i = 0; i < items.size(); i += size) {
            List<@Nullable Object> batch = new ArrayList<>(items.subList(i, Math.min(items.size(), i + size)));
            if (fill != null) {
                budget.elements(size);
                batch.addAll(Collections.nCopies(size - batch.size(), fill));
            }
            batches.add(batch);
        }
        return batches;
    }

    private List<@Nullable Object> slice(@Nullable Object v, Arguments a) {
        int count = positive(a.integer(0, "slices", 0));
        Object fill = a.get(1, "fill_with", null);
        List<? extends @Nullable Object> items = walk(v);
        budget.elements(count);
        int each = items.size() / count;
        int longer = items.size() % count;
        List<@Nullable Object> slices = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < count; i++) {
            int end = at + each + (i < longer ? 1 : 0);
            List<@Nullable Object> slice = new ArrayList<>(items.subList(at, end));
            if (fill != null && i >= longer && longer > 0) {
                slice.add(fill);
            }
            slices.add(slice);
            at = end;
        }
        return slices;
    }

    private static int positive(int n) {
        if (n <= 0) {
            throw JinjaException.runtime("the number must be positive, not " + n);
        }
        return n;
    }

    private List<@Nullable Object> groupBy(@Nullable Object v, Arguments a) {
        Object attribute = a.require(0, "attribute");
        Object otherwise = a.get(1, "default", null);
        boolean exact = a.truth(2, "case_sensitive", false);
        List<@Nullable Object> items = new ArrayList<>(walk(v));
        sorted(
                items,
                (x, y) -> compare(groupKey(x, attribute, otherwise, exact), groupKey(y, attribute, otherwise, exact)));
        Map<@Nullable Object, List<@Nullable Object>> members = new LinkedHashMap<>();
        for (Object item : items) {
            members.computeIfAbsent(Values.key(groupKey(item, attribute, otherwise, exact)), k -> new ArrayList<>())
                    .add(item);
        }
        List<@Nullable Object> groups = new ArrayList<>();
        // The group is named by its first member, whose case the key has lost.
        members.values().forEach(m -> groups.add(new Group(groupKey(m.getFirst(), attribute, otherwise, true), m)));
        return groups;
    }

    private @Nullable Object groupKey(
            @Nullable Object item, @Nullable Object attribute, @Nullable Object otherwise, boolean exact) {
        Object found = attribute(item, attribute);
        return folded(found instanceof Undefined && otherwise != null ? otherwise : found, exact);
    }

    private List<@Nullable Object> dictSort(@Nullable Object v, Arguments a) {
        if (!(v instanceof Map<?, ?> map)) {
            throw JinjaException.runtime("dictsort needs a mapping, not " + Values.typeName(v));
        }
        int by = a.text(1, "by", "key").equals("value") ? 1 : 0;
        boolean exact = a.truth(0, "case_sensitive", false);
        List<@Nullable Object> pairs = new ArrayList<>(Members.pairs(map));
        Comparator<@Nullable Object> order = (x, y) -> compare(folded(part(x, by), exact), folded(part(y, by), exact));
        return sorted(pairs, a.truth(2, "reverse", false) ? order.reversed() : order);
    }

    private static @Nullable Object part(@Nullable Object pair, int i) {
        return pair instanceof Tuple t ? t.get(i) : null;
    }

    /** An attribute as filters name it: {@code 'a.b.0'} or an index. */
    private @Nullable Object attribute(@Nullable Object item, @Nullable Object attribute) {
        if (!(attribute instanceof String path)) {
            return Members.item(item, attribute, budget);
        }
        Object value = item;
        for (String part : path.split("\\.", -1)) {
            boolean index =
                    !part.isEmpty() && part.length() < 10 && part.chars().allMatch(c -> c >= '0' && c <= '9');
            value = Members.item(value, index ? (Object) Long.valueOf(part) : part, budget);
        }
        return value;
    }
}
