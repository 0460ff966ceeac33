package org.sluice.decode.constraint;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** An immutable set of Unicode scalar values (surrogates are never in it), as sorted, disjoint, closed ranges. */
final class CodePoints {
    static final CodePoints NONE = new CodePoints(new int[0]);
    /** Every character that UTF-8 can express. */
    static final CodePoints ALL = new CodePoints(new int[] {0, 0xD7FF, 0xE000, 0x10FFFF});

    /** First and last of each range in turn. */
    private final int[] bounds;

    private CodePoints(int[] bounds) {
        this.bounds = bounds;
    }

    static CodePoints of(int c) {
        return range(c, c);
    }

    static CodePoints range(int first, int last) {
        return new CodePoints(new int[] {first, last}).intersect(ALL);
    }

    static CodePoints of(String characters) {
        CodePoints all = NONE;
        for (int c : characters.codePoints().toArray()) {
            all = all.union(of(c));
        }
        return all;
    }

    static CodePoints where(IntPredicate test) {
        int[] out = new int[64];
        int n = 0;
        for (int c = 0; c <= 0x10FFFF; c++) {
            boolean in = (c < 0xD800 || c > 0xDFFF) && test.test(c);
            if (!in) {
                continue;
            }
            if (n > 0 && out[n - 1] == c - 1) {
                out[n - 1] = c;
                continue;
            }
            if (n == out.length) {
                out = Arrays.copyOf(out, 2 * n);
            }
            out[n++] = c;
            out[n++] = c;
        }
        return new CodePoints(Arrays.copyOf(out, n));
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    int ranges() {
        return bounds.length / 2;
    }

    int first(int range) {
        return bounds[2 * range];
    }

    int last(int range) {
        return bounds[2 * range + 1];
    }

    boolean contains(int c) {
        for (int i = 0; i < bounds.length; i += 2) {
            if (c >= bounds[i] && c <= bounds[i + 1]) {
                return true;
            }
        }
        return false;
    }

    CodePoints complement() {
        int[] out = new int[bounds.length + 2];
        int n = 0;
        int next = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            if (bounds[i] > next) {
                out[n++] = next;
                out[n++] = bounds[i] - 1;
            }
            next = bounds[i + 1] + 1;
        }
        if (next <= 0x10FFFF) {
            out[n++] = next;
            out[n++] = 0x10FFFF;
        }
        return new CodePoints(Arrays.copyOf(out, n)).intersect(ALL);
    }

    CodePoints intersect(CodePoints other) {
        int[] out = new int[bounds.length + other.bounds.length];
        int n = 0;
        int i = 0;
        int j = 0;
        while (i < bounds.length && j < other.bounds.length) {
            int low = Math.max(bounds[i], other.bounds[j]);
            int high = Math.min(bounds[i + 1], other.bounds[j + 1]);
            if (low <= high) {
                out[n++] = low;
                out[n++] = high;
            }
            if (bounds[i + 1] < other.bounds[j + 1]) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return new CodePoints(Arrays.copyOf(out, n));
    }

    CodePoints union(CodePoints other) {
        if (isEmpty()) {
            return other;
        }
        if (other.isEmpty()) {
            return this;
        }
        return complement().intersect(other.complement()).complement();
    }

    CodePoints minus(CodePoints other) {
        return intersect(other.complement());
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof CodePoints c && Arrays.equals(bounds, c.bounds);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bounds);
    }
}
