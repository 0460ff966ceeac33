package org.sluice.chat.jinja;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sequences that are no lists: they print and compare differently. */
sealed interface Sequence {
    /** Python's tuple. */
    non-sealed class Tuple extends AbstractList<@Nullable Object> implements Sequence {
        private final List<? extends @Nullable Object> items;

        Tuple(List<? extends @Nullable Object> items) {
            this.items = items;
        }

        @Override
        public @Nullable Object get(int i) {
            return items.get(i);
        }

        @Override
        public int size() {
            return items.size();
        }
    }

    /** What {@code groupby} gives: a pair whose parts have names. */
    final class Group extends Tuple {
        Group(@Nullable Object key, List<? extends @Nullable Object> members) {
            super(Arrays.asList(key, members));
        }

        @Nullable
        Object member(String name) {
            return switch (name) {
                case "grouper" -> get(0);
                case "list" -> get(1);
                default -> Undefined.member("group", "'" + name + "'");
            };
        }
    }

    /** {@code range(...)}: its elements are made when they are asked for. */
    final class Range extends AbstractList<@Nullable Object> implements Sequence {
        final long start;
        final long stop;
        final long step;
        private final int size;

        Range(long start, long stop, long step, int size) {
            this.start = start;
            this.stop = stop;
            this.step = step;
            this.size = size;
        }

        @Override
        public Object get(int i) {
            return start + i * step;
        }

        @Override
        public int size() {
            return size;
        }
    }

    /** {@code d.keys()}, {@code d.values()}, {@code d.items()}: can be walked and counted, not indexed. */
    final class View implements Sequence {
        final String kind;
        final List<? extends @Nullable Object> items;

        View(String kind, List<? extends @Nullable Object> items) {
            this.kind = kind;
            this.items = items;
        }
    }

    /** What lazy filters such as {@code map} give: it can be walked once and is always true. */
    final class Generator implements Sequence {
        private List<? extends @Nullable Object> left;

        Generator(List<? extends @Nullable Object> items) {
            this.left = items;
        }

        List<? extends @Nullable Object> take() {
            List<? extends @Nullable Object> items = left;
            left = List.of();
            return items;
        }

        /** The next element; the generator must not be empty. */
        @Nullable
        Object takeFirst() {
            Object first = left.getFirst();
            left = left.subList(1, left.size());
            return first;
        }

        boolean isEmpty() {
            return left.isEmpty();
        }
    }
}
