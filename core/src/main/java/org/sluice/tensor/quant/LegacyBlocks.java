package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.i32;
import static org.sluice.tensor.quant.Bytes.u8;

/**
 * ggml's first formats: 32 elements with one F16 scale {@code d}, in the {@code _1} types also an offset {@code m}. The low
 * nibble of byte {@code j} belongs to element {@code j}, the high one to element {@code j + 16}.
 */
final class LegacyBlocks {
    private LegacyBlocks() {}

    /** {@code d, qs[16]}: {@code d · (q − 8)}. */
    static void q4_0(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 18, to += 32) {
            float d = half(in, at);
            for (int j = 0; j < 16; j++) {
                int q = u8(in, at + 2 + j);
                out[to + j] = d * ((q & 15) - 8);
                out[to + j + 16] = d * ((q >> 4) - 8);
            }
        }
    }

    /** {@code d, m, qs[16]}: {@code d · q + m}. */
    static void q4_1(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 20, to += 32) {
            float d = half(in, at);
            float m = half(in, at + 2);
            for (int j = 0; j < 16; j++) {
                int q = u8(in, at + 4 + j);
                out[to + j] = d * (q & 15) + m;
                out[to + j + 16] = d * (q >> 4) + m;
            }
        }
    }

    /** {@code d, qh, qs[16]}, bit {@code e} of {@code qh} is the fifth bit of element {@code e}: {@code d · (q − 16)}. */
    static void q5_0(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 22, to += 32) {
            float d = half(in, at);
            int qh = i32(in, at + 2);
            for (int j = 0; j < 16; j++) {
                int q = u8(in, at + 6 + j);
                out[to + j] = d * (((q & 15) | (qh >>> j & 1) << 4) - 16);
                out[to + j + 16] = d * ((q >> 4 | (qh >>> (j + 16) & 1) << 4) - 16);
            }
        }
    }

    /** {@code d, m, qh, qs[16]}: {@code d · q + m}. */
    static void q5_1(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 24, to += 32) {
            float d = half(in, at);
            float m = half(in, at + 2);
            int qh = i32(in, at + 4);
            for (int j = 0; j < 16; j++) {
                int q = u8(in, at + 8 + j);
                out[to + j] = d * ((q & 15) | (qh >>> j & 1) << 4) + m;
                out[to + j + 16] = d * (q >> 4 | (qh >>> (j + 16) & 1) << 4) + m;
            }
        }
    }

    /** {@code d, i8[32]}: {@code d · q}. */
    static void q8_0(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 34, to += 32) {
            float d = half(in, at);
            for (int j = 0; j < 32; j++) {
                out[to + j] = d * in[at + 2 + j];
            }
        }
    }
}
