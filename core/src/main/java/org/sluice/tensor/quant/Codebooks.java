package org.sluice.tensor.quant;

/**
 * Values that short codes of the non-linear formats stand for. The numbers are constants of the formats.
 *
 * <p>Origin: ggml ({@code ggml-common.h}), MIT licence, © the ggml authors; FP4 after the OCP Microscaling Formats (MX)
 * Specification 1.0.
 */
public final class Codebooks {
    static final byte[] IQ4 = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** Twice the value of each e2m1 code; halves are avoided by halving the scale, which is exact. */
    static final byte[] FP4_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    /** Eight sign bits from seven: bit 7 makes the number of ones even. A set bit means a negative element. */
    static final byte[] SIGNS = new byte[128];

    static {
        for (int k = 0; k < 128; k++) {
            SIGNS[k] = (byte) (k | (Integer.bitCount(k) & 1) << 7);
        }
    }

    private Codebooks() {}

    /** The 16 values of IQ4_NL and IQ4_XS codes. */
    public static byte[] iq4() {
        return IQ4.clone();
    }

    /** Twice the 16 values of MXFP4 and NVFP4 codes. */
    public static byte[] fp4Doubled() {
        return FP4_DOUBLED.clone();
    }

    /** The 128 sign patterns of IQ2_XXS, IQ2_XS and IQ3_XXS: bit i set means element i is negative. */
    public static byte[] signs() {
        return SIGNS.clone();
    }
}
