package org.sluice.backend.support.kernels;

import org.sluice.tensor.Shape;

/**
 * How much of a value a step uses. Elements take four bytes.
 *
 * @param first the first extent, a number or one of the symbols of {@link Shape}
 * @param rest product of the other extents, the context left out
 * @param wholeContext whether one of the others is the context
 */
public record TransferSize(long first, long rest, boolean wholeContext) {
    /** The size of a value of a shape. */
    public static TransferSize of(Shape shape) {
        long product = 1;
        boolean context = false;
        for (int i = 1; i < shape.rank(); i++) {
            context |= shape.extent(i) == Shape.CONTEXT;
            product *= shape.extent(i) == Shape.CONTEXT ? 1 : shape.extent(i);
        }
        return new TransferSize(shape.extent(0), product, context);
    }

    /** Bytes that a step uses. */
    public long bytes(int rows, int outputs, int context) {
        long n = first == Shape.ROWS
                ? rows
                : first == Shape.OUTPUTS ? outputs : first == Shape.CONTEXT ? context : first;
        return 4 * n * rest * (wholeContext ? context : 1);
    }
}
