package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.u8;

/** Ternary formats: 256 elements −1, 0 or 1 with one F16 scale at the end. */
final class TernaryBlocks {
    private static final int[] POWERS_OF_3 = {1, 3, 9, 27, 81};

    private TernaryBlocks() {}

    /**
     * {@code qs[48], qh[4], d}: five base-3 digits a byte (four in {@code qh}), stored as a fraction of 256 so that a digit is
     * the integer part of three times what is left.
     */
    static void tq1(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 54, to += 256) {
            float d = half(in, at + 52);
            digits(in, at, 32, 5, d, out, to);
            digits(in, at + 32, 16, 5, d, out, to + 160);
            digits(in, at + 48, 4, 4, d, out, to + 240);
        }
    }

    private static void digits(byte[] in, int at, int bytes, int digits, float d, float[] out, int to) {
        for (int n = 0; n < digits; n++) {
            for (int i = 0; i < bytes; i++) {
                int rest = u8(in, at + i) * POWERS_OF_3[n] & 0xFF;
                out[to + n * bytes + i] = d * (((rest * 3) >> 8) - 1);
            }
        }
    }

    /** {@code qs[64], d}: two bits an element, quarters of each half interleaved as in Q2_K. */
    static void tq2(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 66, to += 256) {
            float d = half(in, at + 64);
            for (int k = 0; k < 16; k++) {
                int qs = at + KBlocks.quarterByte(k);
                int shift = KBlocks.quarterShift(k);
                for (int l = 0; l < 16; l++) {
                    out[to + 16 * k + l] = d * ((u8(in, qs + l) >> shift & 3) - 1);
                }
            }
        }
    }
}
