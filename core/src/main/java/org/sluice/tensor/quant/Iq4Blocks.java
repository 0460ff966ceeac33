package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.u16;
import static org.sluice.tensor.quant.Bytes.u8;

/** Four-bit codes into 16 unevenly spaced values. */
final class Iq4Blocks {
    private Iq4Blocks() {}

    /** {@code d, qs[16]}, nibbles ordered as in Q4_0: {@code d · K[q]}. */
    static void nl(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 18, to += 32) {
            nibbles(in, at + 2, half(in, at), out, to);
        }
    }

    /** {@code d, u16 sh, sl[4], qs[128]}: {@code d·s·K[q]}, one six-bit scale s per 32 elements. */
    static void xs(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 136, to += 256) {
            float d = half(in, at);
            for (int j = 0; j < 8; j++) {
                nibbles(in, at + 8 + 16 * j, d * scale(in, at, j), out, to + 32 * j);
            }
        }
    }

    private static void nibbles(byte[] in, int qs, float d, float[] out, int to) {
        for (int j = 0; j < 16; j++) {
            int q = u8(in, qs + j);
            out[to + j] = d * Codebooks.IQ4[q & 15];
            out[to + j + 16] = d * Codebooks.IQ4[q >> 4];
        }
    }

    /** Scale {@code j} of the IQ4_XS block that starts at {@code at}, −32 to 31. */
    static int scale(byte[] in, int at, int j) {
        int low = u8(in, at + 4 + j / 2) >> (4 * (j & 1)) & 15;
        int high = u16(in, at + 2) >> (2 * j) & 3;
        return (low | high << 4) - 32;
    }
}
