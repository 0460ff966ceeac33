package org.sluice.chat.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Python's numbers: int is a Long, or a BigInteger where that does not fit; float is a Double; bool counts as int. */
final class Numbers {
    /** Digits an integer may have when read from or written to text; Python's own limit. */
    static final int MAX_DIGITS = 4300;

    private static final int MAX_BITS = MAX_DIGITS * 4;

    private Numbers() {}

    static Number parse(String digits, int radix) {
        return shrink(new BigInteger(digits, radix));
    }

    static Number shrink(BigInteger n) {
        if (n.bitLength() > MAX_BITS) {
            throw JinjaException.limit("makes an integer of more than " + MAX_DIGITS + " digits");
        }
        return n.bitLength() < 64 ? (Number) n.longValue() : n;
    }

    static boolean isNumber(@Nullable Object v) {
        return v instanceof Number || v instanceof Boolean;
    }

    static boolean isInteger(@Nullable Object v) {
        return v instanceof Long || v instanceof BigInteger || v instanceof Boolean;
    }

    static BigInteger big(Object v) {
        return switch (v) {
            case Boolean b -> b ? BigInteger.ONE : BigInteger.ZERO;
            case BigInteger n -> n;
            default -> BigInteger.valueOf(((Number) v).longValue());
        };
    }

    static double real(Object v) {
        return v instanceof Boolean b ? (b ? 1 : 0) : ((Number) v).doubleValue();
    }

    /** Exact comparison, also of a large int with a float. */
    static int compare(Object a, Object b) {
        if (isInteger(a) && isInteger(b)) {
            return big(a).compareTo(big(b));
        }
        double x = real(a);
        double y = real(b);
        if (Double.isNaN(x) || Double.isNaN(y) || Double.isInfinite(x) || Double.isInfinite(y)) {
            return Double.compare(x, y);
        }
        return decimal(a).compareTo(decimal(b));
    }

    static boolean equal(Object a, Object b) {
        boolean nan = Double.isNaN(real(a)) || Double.isNaN(real(b));
        return !nan && compare(a, b) == 0;
    }

    static Object binary(String operator, Object a, Object b) {
        if (operator.equals("/")) {
            return divide(real(a), real(b));
        }
        if (!isInteger(a) || !isInteger(b)) {
            return binary(operator, real(a), real(b));
        }
        BigInteger x = big(a);
        BigInteger y = big(b);
        return switch (operator) {
            case "+" -> shrink(x.add(y));
            case "-" -> shrink(x.subtract(y));
            case "*" -> shrink(x.multiply(y));
            case "//" -> shrink(floorDivide(x, nonZero(y)));
            case "%" -> shrink(x.subtract(floorDivide(x, nonZero(y)).multiply(y)));
            case "**" -> power(x, y);
            default -> throw new IllegalArgumentException(operator);
        };
    }

    private static Object binary(String operator, double x, double y) {
        return switch (operator) {
            case "+" -> x + y;
            case "-" -> x - y;
            case "*" -> x * y;
            case "//" -> Math.floor(divide(x, y));
            case "%" -> {
                divide(x, y);
                double r = x % y;
                yield r != 0 && (r < 0) != (y < 0) ? r + y : r;
            }
            case "**" -> Math.pow(x, y);
            default -> throw new IllegalArgumentException(operator);
        };
    }

    private static double divide(double x, double y) {
        if (y == 0) {
            throw JinjaException.runtime("division by zero");
        }
        return x / y;
    }

    private static BigInteger nonZero(BigInteger y) {
        if (y.signum() == 0) {
            throw JinjaException.runtime("division by zero");
        }
        return y;
    }

    private static BigInteger floorDivide(BigInteger x, BigInteger y) {
        BigInteger[] both = x.divideAndRemainder(y);
        return both[1].signum() != 0 && both[1].signum() != y.signum() ? both[0].subtract(BigInteger.ONE) : both[0];
    }

    private static Object power(BigInteger x, BigInteger y) {
        if (y.signum() < 0) {
            return Math.pow(x.doubleValue(), y.doubleValue());
        }
        long bits = Math.max(1, x.bitLength());
        if (x.bitLength() > 1 && (y.bitLength() > 31 || bits * y.longValue() > 2L * MAX_BITS)) {
            throw JinjaException.limit("makes an integer of more than " + MAX_DIGITS + " digits");
        }
        // For 0, 1 and −1 only the exponent's parity matters.
        int exponent = x.bitLength() > 1 ? y.intValueExact() : y.signum() == 0 ? 0 : y.testBit(0) ? 1 : 2;
        return shrink(x.pow(exponent));
    }

    static Number negate(Object v) {
        return isInteger(v) ? shrink(big(v).negate()) : (Number) (-real(v));
    }

    /** {@code round(x, digits)}: half to even, on the exact value. */
    static double round(double x, int digits, RoundingMode mode) {
        if (Double.isNaN(x) || Double.isInfinite(x) || Math.abs((long) digits) > 400) {
            return x;
        }
        return new BigDecimal(x).setScale(digits, mode).doubleValue();
    }

    private static BigDecimal decimal(Object v) {
        return isInteger(v) ? new BigDecimal(big(v)) : new BigDecimal(real(v));
    }

    /** {@code repr} of a float: the shortest digits that read back, an exponent from 1e16 up and below 1e-4. */
    static String repr(double x) {
        if (Double.isNaN(x)) {
            return "nan";
        }
        if (Double.isInfinite(x)) {
            return x > 0 ? "inf" : "-inf";
        }
        if (x == 0) {
            return 1 / x < 0 ? "-0.0" : "0.0";
        }
        BigDecimal d = shortest(Math.abs(x));
        String digits = d.unscaledValue().toString();
        int exponent = digits.length() - 1 - d.scale();
        StringBuilder out = new StringBuilder(x < 0 ? "-" : "");
        if (exponent < -4 || exponent >= 16) {
            out.append(digits.charAt(0));
            if (digits.length() > 1) {
                out.append('.').append(digits, 1, digits.length());
            }
            out.append('e').append(exponent < 0 ? '-' : '+');
            return out.append(Math.abs(exponent) < 10 ? "0" : "")
                    .append(Math.abs(exponent))
                    .toString();
        }
        String plain = d.toPlainString();
        return out.append(plain).append(plain.indexOf('.') < 0 ? ".0" : "").toString();
    }

    private static BigDecimal shortest(double x) {
        BigDecimal d = new BigDecimal(Double.toString(x)).stripTrailingZeros();
        // Double.toString gives at least two digits; only for the smallest numbers is one enough where it shows two.
        if (d.precision() == 2) {
            BigDecimal one = d.round(new MathContext(1));
            return one.doubleValue() == x ? one.stripTrailingZeros() : d;
        }
        return d;
    }
}
