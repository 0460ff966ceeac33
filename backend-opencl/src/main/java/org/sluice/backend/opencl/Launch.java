package org.sluice.backend.opencl;

/**
 * How many work groups a command has, and in which steps it runs at all.
 *
 * @param skipUpTo steps whose context is not longer have nothing for it to do
 * @param rows what {@code from} and {@code to} bound
 */
record Launch(Axis x, Axis y, int skipUpTo, Axis rows, int from, int to) {
    static Launch of(Axis x, Axis y) {
        return new Launch(x, y, 0, y, 0, Integer.MAX_VALUE);
    }

    Launch skippingUpTo(int context) {
        return new Launch(x, y, context, rows, from, to);
    }

    /** Only for steps in which {@code extent} stands for {@code least} to {@code most} rows. */
    Launch forRows(long extent, int least, int most) {
        return new Launch(x, y, skipUpTo, Axis.of(extent), least, most);
    }

    boolean runs(int stepRows, int outputs, int context) {
        long n = rows.groups(stepRows, outputs, context);
        return context > skipUpTo && n >= from && n <= to;
    }
}
