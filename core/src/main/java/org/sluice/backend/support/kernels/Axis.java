package org.sluice.backend.support.kernels;

import org.sluice.tensor.Shape;

/**
 * Work groups along one dimension: {@code ceil(extent · times / divide)}.
 *
 * @param extent a number, or one of the symbols of {@link Shape}
 */
public record Axis(long extent, int times, int divide) {
    /** One group for each. */
    public static Axis of(long extent) {
        return new Axis(extent, 1, 1);
    }

    /** Groups in a step of this size. */
    public long groups(int rows, int outputs, int context) {
        long n = extent == Shape.ROWS
                ? rows
                : extent == Shape.OUTPUTS ? outputs : extent == Shape.CONTEXT ? context : extent;
        return Math.ceilDiv(n * times, divide);
    }
}
