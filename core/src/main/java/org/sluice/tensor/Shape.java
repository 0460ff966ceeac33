package org.sluice.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Extents of a tensor, slowest first: {@code [out, in]} is a row-major matrix.
 *
 * <p>An extent is a number, or one of three symbols that get their value when a step runs: {@link #ROWS}, the token rows
 * of the step; {@link #OUTPUTS}, those of them whose result is wanted; {@link #CONTEXT}, the longest context among them.
 */
public final class Shape {
    /** Token rows of a step. */
    public static final long ROWS = -1;
    /** Rows of a step that go on to the head, at most {@link #ROWS}. */
    public static final long OUTPUTS = -2;
    /** Tokens in the longest context of a step, the step's own rows included. */
    public static final long CONTEXT = -3;

    private final long[] extents;

    private Shape(long[] extents) {
        this.extents = extents;
    }

    /**
     * A shape of these extents.
     *
     * @throws IllegalArgumentException for an extent that is neither positive nor one of the symbols
     */
    public static Shape of(long... extents) {
        for (long e : extents) {
            if (e < CONTEXT || e == 0) {
                throw new IllegalArgumentException("extent " + e + " in " + Arrays.toString(extents));
            }
        }
        return new Shape(extents.clone());
    }

    /** Shorthand for {@code of(ROWS, width)}. */
    public static Shape rows(long width) {
        return of(ROWS, width);
    }

    /** Number of extents. */
    public int rank() {
        return extents.length;
    }

    /** Extent {@code i}, possibly a symbol. */
    public long extent(int i) {
        return extents[i];
    }

    /** The fastest extent; 1 for a scalar. */
    public long last() {
        return extents.length == 0 ? 1 : extents[extents.length - 1];
    }

    /** Whether an extent is a symbol. */
    public boolean isSymbolic() {
        return Arrays.stream(extents).anyMatch(e -> e < 0);
    }

    /**
     * Product of the extents.
     *
     * @throws ArithmeticException on overflow
     * @throws IllegalStateException where an extent is a symbol
     */
    public long elements() {
        if (isSymbolic()) {
            throw new IllegalStateException("shape " + this + " has no fixed number of elements");
        }
        return Arrays.stream(extents).reduce(1, Math::multiplyExact);
    }

    /** This shape with every symbol replaced by its value. */
    public Shape resolve(long rows, long outputs, long context) {
        return new Shape(Arrays.stream(extents)
                .map(e -> e == ROWS ? rows : e == OUTPUTS ? outputs : e == CONTEXT ? context : e)
                .toArray());
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Shape s && Arrays.equals(extents, s.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    @Override
    public String toString() {
        return LongStream.of(extents)
                .mapToObj(e -> e == ROWS ? "rows" : e == OUTPUTS ? "outputs" : e == CONTEXT ? "context" : "" + e)
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
