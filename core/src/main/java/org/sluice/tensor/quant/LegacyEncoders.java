package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.putHalf;
import static org.sluice.tensor.quant.Bytes.putI32;

/** Encoders of the formats in {@link LegacyBlocks}. */
final class LegacyEncoders {
    private static final int SIZE = 32;

    private LegacyEncoders() {}

    /** Eight bits are enough that a search would gain nothing: the largest element gets code ±127. */
    static void q8_0(float[] x, float[] w, int blocks, byte[] out) {
        for (int b = 0, at = 0, from = 0; b < blocks; b++, at += 34, from += SIZE) {
            float max = 0;
            for (int i = from; i < from + SIZE; i++) {
                max = Math.max(max, Math.abs(x[i]));
            }
            float d = putHalf(out, at, Halves.round(max / 127));
            float inverse = d == 0 ? 0 : 1 / d;
            for (int i = 0; i < SIZE; i++) {
                // Truncation rounds to the nearest once everything is positive.
                int q = (int) (x[from + i] * inverse + 128.5f) - 128;
                out[at + 2 + i] = (byte) Math.clamp(q, -127, 127);
            }
        }
    }

    static void q4_0(float[] x, float[] w, int blocks, byte[] out) {
        Levels levels = Levels.integers(8);
        byte[] codes = new byte[x.length];
        for (int b = 0, at = 0, from = 0; b < blocks; b++, at += 18, from += SIZE) {
            float d = putHalf(out, at, Halves.round(ScaleFit.fit(levels, x, w, from, SIZE)));
            ScaleFit.codes(levels, x, w, from, SIZE, d, codes);
            nibbles(codes, from, out, at + 2);
        }
    }

    static void q5_0(float[] x, float[] w, int blocks, byte[] out) {
        Levels levels = Levels.integers(16);
        byte[] codes = new byte[x.length];
        for (int b = 0, at = 0, from = 0; b < blocks; b++, at += 22, from += SIZE) {
            float d = putHalf(out, at, Halves.round(ScaleFit.fit(levels, x, w, from, SIZE)));
            ScaleFit.codes(levels, x, w, from, SIZE, d, codes);
            putI32(out, at + 2, fifthBits(codes, from));
            nibbles(codes, from, out, at + 6);
        }
    }

    static void q4_1(float[] x, float[] w, int blocks, byte[] out) {
        ScaleMinFit fit = new ScaleMinFit(15, false);
        byte[] codes = new byte[x.length];
        for (int b = 0, at = 0, from = 0; b < blocks; b++, at += 20, from += SIZE) {
            withMin(fit, x, w, from, out, at, codes);
            nibbles(codes, from, out, at + 4);
        }
    }

    static void q5_1(float[] x, float[] w, int blocks, byte[] out) {
        ScaleMinFit fit = new ScaleMinFit(31, false);
        byte[] codes = new byte[x.length];
        for (int b = 0, at = 0, from = 0; b < blocks; b++, at += 24, from += SIZE) {
            withMin(fit, x, w, from, out, at, codes);
            putI32(out, at + 4, fifthBits(codes, from));
            nibbles(codes, from, out, at + 8);
        }
    }

    private static void withMin(ScaleMinFit fit, float[] x, float[] w, int from, byte[] out, int at, byte[] codes) {
        fit.fit(x, w, from, SIZE);
        float d = putHalf(out, at, Halves.round(fit.scale));
        float m = putHalf(out, at + 2, Halves.round(fit.min));
        fit.codes(x, w, from, SIZE, d, m, codes);
    }

    /** Packs the low four bits of 32 codes. */
    static void nibbles(byte[] codes, int from, byte[] out, int at) {
        for (int j = 0; j < 16; j++) {
            out[at + j] = (byte) ((codes[from + j] & 15) | (codes[from + j + 16] & 15) << 4);
        }
    }

    private static int fifthBits(byte[] codes, int from) {
        int bits = 0;
        for (int i = 0; i < SIZE; i++) {
            bits |= (codes[from + i] >> 4 & 1) << i;
        }
        return bits;
    }
}
