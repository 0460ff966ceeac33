package org.sluice.decode.constraint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decimal numbers between two bounds and divisible by a third, as an automaton over digits: while the digits read equal those
 * of a bound, the bound limits the next digit; from the first difference on it does not.
 *
 * @param low smallest number
 * @param lowIn whether {@code low} itself belongs to it
 * @param high largest number
 * @param highIn whether {@code high} itself belongs to it
 * @param places most digits behind the point, not more than the step has; 0 for integers
 * @param step what all numbers are multiples of, or null
 */
record NumberRange(
        BigDecimal low,
        boolean lowIn,
        BigDecimal high,
        boolean highIn,
        int places,
        @Nullable BigDecimal step) {

    CharAutomaton automaton(String what) {
        CharAutomaton.Builder out = new CharAutomaton.Builder(what);
        int start = out.state();
        if (low.signum() < 0) {
            int minus = out.state();
            out.edge(start, CodePoints.of('-'), minus);
            boolean across = high.signum() >= 0;
            // minus zero is left to the positive side
            new Magnitude(out, across ? BigDecimal.ZERO : high.negate(), !across && highIn, low.negate(), lowIn)
                    .add(minus);
        }
        if (high.signum() >= 0) {
            boolean across = low.signum() < 0;
            new Magnitude(out, across ? BigDecimal.ZERO : low, across || lowIn, high, highIn).add(start);
        }
        return out.build();
    }

    /**
     * Where reading a magnitude is.
     *
     * @param left digits missing before the point
     * @param fraction digits read behind the point, −1 in front of it
     * @param atLow whether all digits so far equal the lower bound's
     * @param atHigh whether all digits so far equal the upper bound's
     * @param rest what remains of the digits so far, divided by the step
     */
    private record Place(int left, int fraction, boolean atLow, boolean atHigh, int rest) {}

    private final class Magnitude {
        private final CharAutomaton.Builder out;
        private final boolean lowIn;
        private final boolean highIn;
        private final String lowDigits;
        private final String highDigits;
        /** Digits behind the point of the bounds. */
        private final int scale;
        /** Digits behind the point of the step; no number has more. */
        private final int stepScale;
        /** The step without its point. */
        private final int unit;

        private final Map<Place, Integer> ids = new HashMap<>();
        private final Deque<Place> open = new ArrayDeque<>();

        Magnitude(CharAutomaton.Builder out, BigDecimal low, boolean lowIn, BigDecimal high, boolean highIn) {
            this.out = out;
            this.lowIn = lowIn;
            this.highIn = highIn;
            int s = Math.max(
                    places,
                    Math.max(
                            low.stripTrailingZeros().scale(),
                            high.stripTrailingZeros().scale()));
            scale = Math.max(0, s);
            lowDigits = digits(low);
            highDigits = digits(high);
            stepScale = step == null
                    ? places
                    : Math.max(0, step.stripTrailingZeros().scale());
            unit = step == null ? 1 : step.scaleByPowerOfTen(stepScale).intValueExact();
        }

        /** All digits of a bound, {@link #scale} of them behind the point, at least one before it. */
        private String digits(BigDecimal bound) {
            String all = bound.setScale(scale, RoundingMode.UNNECESSARY)
                    .unscaledValue()
                    .toString();
            return "0".repeat(Math.max(0, scale + 1 - all.length())) + all;
        }

        void add(int start) {
            int least = lowDigits.length() - scale;
            int most = highDigits.length() - scale;
            for (int n = least; n <= most; n++) {
                boolean atLow = n == least;
                boolean atHigh = n == most;
                for (int d = n == 1 ? 0 : 1; d <= 9; d++) {
                    digit(start, new Place(n, -1, atLow, atHigh, 0), d);
                }
            }
            while (!open.isEmpty()) {
                Place p = open.remove();
                int from = id(p);
                boolean whole = p.left() == 0 && p.fraction() != 0;
                if (whole && isEnd(p)) {
                    out.accept(from);
                }
                if (p.left() == 0 && p.fraction() < 0) {
                    if (places > 0) {
                        out.edge(from, CodePoints.of('.'), id(new Place(0, 0, p.atLow(), p.atHigh(), p.rest())));
                    }
                    continue;
                }
                if (p.left() > 0 || p.fraction() < places) {
                    for (int d = 0; d <= 9; d++) {
                        digit(from, p, d);
                    }
                }
            }
        }

        private int id(Place p) {
            return ids.computeIfAbsent(p, key -> {
                open.add(key);
                return out.state();
            });
        }

        private void digit(int from, Place p, int d) {
            int read = Math.max(0, p.fraction());
            int low = p.atLow() ? lowDigits.charAt(lowDigits.length() - scale - p.left() + read) - '0' : 0;
            int high = p.atHigh() ? highDigits.charAt(highDigits.length() - scale - p.left() + read) - '0' : 9;
            if (d < low || d > high) {
                return;
            }
            boolean behind = p.fraction() >= 0;
            int rest = (int) ((p.rest() * 10L + d) % unit);
            Place to = new Place(
                    behind ? 0 : p.left() - 1,
                    behind ? p.fraction() + 1 : -1,
                    p.atLow() && d == low,
                    p.atHigh() && d == high,
                    rest);
            out.edge(from, CodePoints.of('0' + d), id(to));
        }

        /** Whether the number read so far, all further digits being zeros, is in range and divisible. */
        private boolean isEnd(Place p) {
            int read = Math.max(0, p.fraction());
            if (p.atLow() && !(lowIn && zeros(lowDigits, read))) {
                return false;
            }
            if (p.atHigh() && !highIn && zeros(highDigits, read)) {
                return false;
            }
            return BigInteger.valueOf(p.rest())
                            .multiply(BigInteger.TEN.pow(stepScale - read))
                            .mod(BigInteger.valueOf(unit))
                            .signum()
                    == 0;
        }

        private boolean zeros(String digits, int read) {
            return digits.substring(digits.length() - scale + read).chars().allMatch(c -> c == '0');
        }
    }
}
