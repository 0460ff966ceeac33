package org.sluice.tensor.quant;

/**
 * The OCP 8-bit float e4m3fn: sign, 4 exponent bits with bias 7, 3 mantissa bits, no infinities; 0x7F and 0xFF are NaN.
 *
 * <p>Source: OCP 8-bit Floating Point Specification (OFP8), revision 1.0.
 */
public final class Fp8 {
    /** Largest finite value. */
    public static final float MAX = 448;

    private static final float[] VALUES = new float[256];

    static {
        for (int code = 0; code < 256; code++) {
            int exponent = (code >> 3) & 15;
            int mantissa = code & 7;
            float magnitude = (code & 0x7F) == 0x7F
                    ? Float.NaN
                    : exponent == 0 ? Math.scalb(mantissa, -9) : Math.scalb(8 + mantissa, exponent - 10);
            VALUES[code] = code < 128 ? magnitude : -magnitude;
        }
    }

    private Fp8() {}

    /** Value of a code. */
    public static float toFloat(byte code) {
        return VALUES[code & 0xFF];
    }

    /** Code of the nearest value, ties to the even code; larger magnitudes become the largest. */
    public static byte of(float v) {
        float magnitude = Math.abs(v);
        int code;
        if (Float.isNaN(v)) {
            code = 0x7F;
        } else if (magnitude >= MAX) {
            code = 0x7E;
        } else if (magnitude < 0x1p-6f) {
            // subnormal: multiples of 2^-9
            code = (int) Math.rint(magnitude * 512.0);
        } else {
            int bits = Float.floatToRawIntBits(magnitude);
            int rounded = bits + 0x7FFFF + (bits >> 20 & 1);
            code = (rounded >> 20) - ((127 - 7) << 3);
        }
        return (byte) (Float.floatToRawIntBits(v) < 0 ? code | 0x80 : code);
    }

    /** The values of all 256 codes, a fresh copy. */
    public static float[] table() {
        return VALUES.clone();
    }
}
