package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.i32;
import static org.sluice.tensor.quant.Bytes.u8;

/** Three-bit formats: groups of 4 magnitudes from a grid, signs beside them. */
final class Iq3Blocks {
    private static final byte[] XXS = IqGrid.IQ3_XXS.table();
    private static final byte[] S = IqGrid.IQ3_S.table();

    private Iq3Blocks() {}

    /**
     * {@code d, qs[64]}, then per 32 elements a u32 with four 7-bit sign codes below a 4-bit scale s:
     * {@code d·(0.5 + s)/2}.
     */
    static void xxs(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 98, to += 256) {
            float d = half(in, at);
            for (int j = 0; j < 8; j++) {
                int u = i32(in, at + 66 + 4 * j);
                float scale = d * (0.5f + (u >>> 28)) * 0.5f;
                for (int l = 0; l < 8; l++) {
                    int signs = Codebooks.SIGNS[u >>> (7 * (l / 2)) & 127] >> (4 * (l & 1));
                    group(XXS, 4 * u8(in, at + 2 + 8 * j + l), signs, scale, out, to + 32 * j + 4 * l);
                }
            }
        }
    }

    /** {@code d, qs[64], qh[8], signs[32], scales[4]}: {@code d·(1 + 2s)}, a scale nibble per 32 elements. */
    static void s(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 110, to += 256) {
            float d = half(in, at);
            for (int g = 0; g < 64; g++) {
                int j = g / 8;
                float scale = d * (1 + 2 * (u8(in, at + 106 + j / 2) >> (4 * (j & 1)) & 15));
                int index = u8(in, at + 2 + g) | (u8(in, at + 66 + j) >> (g % 8) & 1) << 8;
                int signs = in[at + 74 + g / 2] >> (4 * (g & 1));
                group(S, 4 * index, signs, scale, out, to + 4 * g);
            }
        }
    }

    private static void group(byte[] grid, int entry, int signs, float scale, float[] out, int to) {
        for (int i = 0; i < 4; i++) {
            float w = scale * grid[entry + i];
            out[to + i] = (signs >> i & 1) == 0 ? w : -w;
        }
    }
}
