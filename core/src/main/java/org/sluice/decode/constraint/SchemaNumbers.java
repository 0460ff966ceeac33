package org.sluice.decode.constraint;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Reads what a schema says of numbers. */
final class SchemaNumbers {
    /** A step of this many units at most: the automaton has a state for each remainder at each digit. */
    private static final int MAX_STEP = 1_000;

    private static final int MAX_BOUND_DIGITS = 400;
    private static final int PLACES = JsonSyntax.DIGITS;

    private SchemaNumbers() {}

    /** The numbers a schema allows, or null where it says nothing. */
    static @Nullable NumberRange range(SchemaNode n, boolean whole) {
        BigDecimal min = n.number("minimum");
        BigDecimal max = n.number("maximum");
        BigDecimal above = n.number("exclusiveMinimum");
        BigDecimal below = n.number("exclusiveMaximum");
        BigDecimal step = n.number("multipleOf");
        if (min == null && max == null && above == null && below == null && step == null) {
            return null;
        }
        boolean lowIn = above == null || (min != null && min.compareTo(above) > 0);
        BigDecimal low = lowIn ? min : above;
        boolean highIn = below == null || (max != null && max.compareTo(below) < 0);
        BigDecimal high = highIn ? max : below;
        if (low != null
                && high != null
                && (low.compareTo(high) > 0 || (low.compareTo(high) == 0 && !(lowIn && highIn)))) {
            throw n.contradiction(
                    lowIn ? "minimum" : "exclusiveMinimum", low, highIn ? "maximum" : "exclusiveMaximum", high);
        }
        BigDecimal limit = limit(n, low, high);
        BigDecimal from = low == null ? limit.negate() : low;
        BigDecimal to = high == null ? limit : high;
        if (step != null) {
            step = step.stripTrailingZeros();
            int scale = Math.max(0, step.scale());
            if (step.signum() <= 0
                    || scale > PLACES
                    || step.scaleByPowerOfTen(scale).compareTo(BigDecimal.valueOf(MAX_STEP)) > 0) {
                throw n.unsupported(
                        "multipleOf",
                        step + "; supported are positive steps of up to " + MAX_STEP + " units of their last digit");
            }
        }
        int places = whole ? 0 : step == null ? PLACES : Math.max(0, step.scale());
        if (whole) {
            BigDecimal first = from.setScale(0, RoundingMode.CEILING);
            BigDecimal last = to.setScale(0, RoundingMode.FLOOR);
            first = !lowIn && first.compareTo(from) == 0 ? first.add(BigDecimal.ONE) : first;
            last = !highIn && last.compareTo(to) == 0 ? last.subtract(BigDecimal.ONE) : last;
            if (first.compareTo(last) > 0) {
                throw n.contradiction("the smallest integer", first, "the largest", last);
            }
            return new NumberRange(first, true, last, true, 0, step);
        }
        return new NumberRange(from, lowIn, to, highIn, places, step);
    }

    /** A bound for the side that has none: what a plain number can reach, and beyond the other bound. */
    private static BigDecimal limit(SchemaNode n, @Nullable BigDecimal low, @Nullable BigDecimal high) {
        int digits = JsonSyntax.DIGITS;
        for (BigDecimal bound : new @Nullable BigDecimal[] {low, high}) {
            if (bound != null) {
                if (bound.precision() - bound.scale() > MAX_BOUND_DIGITS || bound.scale() > MAX_BOUND_DIGITS) {
                    throw n.unsupported("minimum", "with more than " + MAX_BOUND_DIGITS + " digits");
                }
                digits = Math.max(digits, bound.precision() - bound.scale() + 1);
            }
        }
        return BigDecimal.TEN.pow(digits).subtract(BigDecimal.ONE);
    }
}
