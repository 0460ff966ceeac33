package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.u16;
import static org.sluice.tensor.quant.Bytes.u8;

/** Formats below two bits: groups of 8 values from a ternary grid, shifted by an eighth: {@code d·s·(grid ± 1/8)}. */
final class Iq1Blocks {
    private static final byte[] GRID = IqGrid.IQ1.table();
    private static final float DELTA = 0.125f;

    private Iq1Blocks() {}

    /** {@code d, qs[32], u16 qh[8]}: per 32 elements 4 × 3 index bits, a 3-bit scale and the sign of the shift. */
    static void s(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 50, to += 256) {
            float d = Bytes.half(in, at);
            for (int j = 0; j < 8; j++) {
                int qh = u16(in, at + 34 + 2 * j);
                float scale = d * (2 * (qh >> 12 & 7) + 1);
                float delta = (qh & 0x8000) == 0 ? DELTA : -DELTA;
                for (int l = 0; l < 4; l++) {
                    int index = u8(in, at + 2 + 4 * j + l) | (qh >> (3 * l) & 7) << 8;
                    group(index, delta, scale, out, to + 32 * j + 8 * l);
                }
            }
        }
    }

    /**
     * {@code qs[32], qh[16], u16 sc[4]}: a nibble of qh per group with 3 index bits and the sign of the shift, a 3-bit scale
     * per 16 elements; the top nibbles of sc hold d.
     */
    static void m(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 56, to += 256) {
            float d = scaleM(in, at + 48);
            for (int g = 0; g < 32; g++) {
                int n = u8(in, at + 32 + g / 2) >> (4 * (g & 1)) & 15;
                int k = g / 2;
                float scale = d * (2 * (u16(in, at + 48 + 2 * (k / 4)) >> (3 * (k % 4)) & 7) + 1);
                int index = u8(in, at + g) | (n & 7) << 8;
                group(index, (n & 8) == 0 ? DELTA : -DELTA, scale, out, to + 8 * g);
            }
        }
    }

    private static float scaleM(byte[] in, int sc) {
        int bits = 0;
        for (int i = 0; i < 4; i++) {
            bits |= u16(in, sc + 2 * i) >> 12 << (4 * i);
        }
        return Float.float16ToFloat((short) bits);
    }

    private static void group(int index, float delta, float scale, float[] out, int to) {
        for (int i = 0; i < 8; i++) {
            out[to + i] = scale * (GRID[8 * index + i] + delta);
        }
    }
}
