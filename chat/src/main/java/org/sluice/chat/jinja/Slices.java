package org.sluice.chat.jinja;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Python's {@code [from:to:step]}. */
final class Slices {
    private Slices() {}

    /** The indices a slice takes from a sequence of that length. */
    static int[] indices(int length, @Nullable Object from, @Nullable Object to, @Nullable Object step) {
        long by = bound(step, 1);
        if (by == 0) {
            throw JinjaException.runtime("slice step cannot be zero");
        }
        long first = by > 0 ? clamp(from, 0, length, 0, length) : clamp(from, length - 1, length, -1, length - 1);
        long end = by > 0 ? clamp(to, length, length, 0, length) : clamp(to, -1 - length, length, -1, length - 1);
        if (by < 0 && (to == null)) {
            end = -1;
        }
        long count = by > 0 ? Math.ceilDiv(end - first, by) : Math.ceilDiv(first - end, -by);
        return IntStream.range(0, (int) Math.max(0, count))
                .map(i -> (int) (first + i * by))
                .toArray();
    }

    private static long clamp(@Nullable Object bound, long otherwise, int length, long low, long high) {
        if (bound == null) {
            return otherwise;
        }
        long i = bound(bound, 0);
        return Math.clamp(i < 0 ? i + length : i, low, high);
    }

    private static long bound(@Nullable Object v, long otherwise) {
        return switch (v) {
            case null -> otherwise;
            case Boolean b -> b ? 1 : 0;
            // Far beyond any length is as good as the number itself, and cannot overflow.
            case Long n -> Math.clamp(n, -(1L << 40), 1L << 40);
            default -> throw JinjaException.runtime("slice indices must be integers, not " + Values.typeName(v));
        };
    }
}
