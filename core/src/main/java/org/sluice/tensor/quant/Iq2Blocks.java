package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.i32;
import static org.sluice.tensor.quant.Bytes.u16;
import static org.sluice.tensor.quant.Bytes.u8;

/** Two-bit formats: groups of 8 magnitudes from a grid, signs beside them, {@code d·(0.5 + s)/4} as scale. */
final class Iq2Blocks {
    private static final byte[] XXS = IqGrid.IQ2_XXS.table();
    private static final byte[] XS = IqGrid.IQ2_XS.table();
    private static final byte[] S = IqGrid.IQ2_S.table();

    private Iq2Blocks() {}

    /** {@code d}, then per 32 elements 4 grid indices and a u32 with four 7-bit sign codes below a 4-bit scale. */
    static void xxs(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 66, to += 256) {
            float d = half(in, at);
            for (int j = 0; j < 8; j++) {
                int qs = at + 2 + 8 * j;
                int u = i32(in, qs + 4);
                float scale = scale(d, u >>> 28);
                for (int l = 0; l < 4; l++) {
                    group(
                            XXS,
                            8 * u8(in, qs + l),
                            Codebooks.SIGNS[u >>> (7 * l) & 127],
                            scale,
                            out,
                            to + 32 * j + 8 * l);
                }
            }
        }
    }

    /** {@code d, u16 qs[32], scales[8]}: per group 9 bits of grid index and 7 of signs, a scale nibble per 16 elements. */
    static void xs(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 74, to += 256) {
            float d = half(in, at);
            for (int g = 0; g < 32; g++) {
                int q = u16(in, at + 2 + 2 * g);
                float scale = scale(d, nibble(in, at + 66, g / 2));
                group(XS, 8 * (q & 511), Codebooks.SIGNS[q >> 9], scale, out, to + 8 * g);
            }
        }
    }

    /** {@code d, idx[32], signs[32], qh[8], scales[8]}: ten bits of grid index, a scale nibble per 16 elements. */
    static void s(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 82, to += 256) {
            float d = half(in, at);
            for (int g = 0; g < 32; g++) {
                int index = u8(in, at + 2 + g) | (u8(in, at + 66 + g / 4) >> (2 * (g % 4)) & 3) << 8;
                float scale = scale(d, nibble(in, at + 74, g / 2));
                group(S, 8 * index, in[at + 34 + g], scale, out, to + 8 * g);
            }
        }
    }

    private static float scale(float d, int s) {
        return d * (0.5f + s) * 0.25f;
    }

    private static int nibble(byte[] in, int at, int k) {
        return u8(in, at + k / 2) >> (4 * (k & 1)) & 15;
    }

    private static void group(byte[] grid, int entry, int signs, float scale, float[] out, int to) {
        for (int i = 0; i < 8; i++) {
            float w = scale * grid[entry + i];
            out[to + i] = (signs >> i & 1) == 0 ? w : -w;
        }
    }
}
