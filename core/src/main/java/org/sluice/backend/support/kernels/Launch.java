package org.sluice.backend.support.kernels;

import org.sluice.graph.Value;

/**
 * How many work groups a kernel has, and in which steps it runs at all.
 *
 * @param skipUpTo steps whose context is not longer have nothing for it to do
 * @param rows what {@code from} and {@code to} bound
 */
public record Launch(Axis x, Axis y, int skipUpTo, Axis rows, int from, int to) {
    /** In every step. */
    public static Launch of(Axis x, Axis y) {
        return new Launch(x, y, 0, y, 0, Integer.MAX_VALUE);
    }

    /** One group for each row of a value. */
    public static Launch rows(Value v) {
        return of(Axis.of(v.rows()), Axis.of(1));
    }

    /** Only for longer contexts. */
    public Launch skippingUpTo(int context) {
        return new Launch(x, y, context, rows, from, to);
    }

    /** Only for steps in which {@code extent} stands for {@code least} to {@code most} rows. */
    public Launch forRows(long extent, int least, int most) {
        return new Launch(x, y, skipUpTo, Axis.of(extent), least, most);
    }

    /** Whether it runs in a step of this size. */
    public boolean runs(int stepRows, int outputs, int context) {
        long n = rows.groups(stepRows, outputs, context);
        return context > skipUpTo && n >= from && n <= to;
    }
}
