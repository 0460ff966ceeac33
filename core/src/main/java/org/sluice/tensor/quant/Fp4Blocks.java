package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.u8;

/** Four-bit floats (e2m1) under a shared scale. */
final class Fp4Blocks {
    private static final float[] HALVED_UE4M3 = new float[256];

    static {
        for (int code = 0; code < 256; code++) {
            // The format has no sign and reads NaN as 0.
            float v = Fp8.toFloat((byte) (code & 0x7F));
            HALVED_UE4M3[code] = Float.isNaN(v) ? 0 : 0.5f * v;
        }
    }

    private Fp4Blocks() {}

    /** {@code u8 e, qs[16]}, nibbles ordered as in Q4_0: {@code 2^(e − 127) · value}. */
    static void mx(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 17, to += 32) {
            float d = halvedPower(u8(in, at));
            for (int j = 0; j < 16; j++) {
                int q = u8(in, at + 1 + j);
                out[to + j] = d * Codebooks.FP4_DOUBLED[q & 15];
                out[to + j + 16] = d * Codebooks.FP4_DOUBLED[q >> 4];
            }
        }
    }

    /** Four ue4m3 scales, then {@code 4 × qs[8]}: sub-blocks of 16, low nibbles first. */
    static void nv(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 36, to += 64) {
            for (int s = 0; s < 4; s++) {
                float d = HALVED_UE4M3[u8(in, at + s)];
                for (int j = 0; j < 8; j++) {
                    int q = u8(in, at + 4 + 8 * s + j);
                    out[to + 16 * s + j] = d * Codebooks.FP4_DOUBLED[q & 15];
                    out[to + 16 * s + j + 8] = d * Codebooks.FP4_DOUBLED[q >> 4];
                }
            }
        }
    }

    /** {@code 2^(e − 128)}, subnormal for e below 2. */
    private static float halvedPower(int e) {
        return Float.intBitsToFloat(e < 2 ? 0x0020_0000 << e : (e - 1) << 23);
    }
}
