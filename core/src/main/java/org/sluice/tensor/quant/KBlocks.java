package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.half;
import static org.sluice.tensor.quant.Bytes.u8;

/**
 * The K formats: super-blocks of 256 elements, cut into sub-blocks of 16 or 32 whose small integer scales (and minima) are
 * multiplied by the F16 scales of the super-block.
 */
final class KBlocks {
    private KBlocks() {}

    /** {@code scales[16], qs[64], d, dmin}: {@code d·(S & 15)·q − dmin·(S >> 4)}, one S per 16 elements. */
    static void q2(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 84, to += 256) {
            float d = half(in, at + 80);
            float dmin = half(in, at + 82);
            for (int k = 0; k < 16; k++) {
                int s = u8(in, at + k);
                float scale = d * (s & 15);
                float min = dmin * (s >> 4);
                int qs = at + 16 + quarterByte(k);
                int shift = quarterShift(k);
                for (int l = 0; l < 16; l++) {
                    out[to + 16 * k + l] = scale * (u8(in, qs + l) >> shift & 3) - min;
                }
            }
        }
    }

    /** {@code hmask[32], qs[64], sc[12], d}: {@code d·s·q}, where a clear mask bit lowers q by 4. */
    static void q3(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 110, to += 256) {
            float d = half(in, at + 108);
            for (int k = 0; k < 16; k++) {
                float scale = d * scale3(in, at + 96, k);
                int qs = at + 32 + quarterByte(k);
                int shift = quarterShift(k);
                int mask = at + 16 * (k & 1);
                for (int l = 0; l < 16; l++) {
                    int q = (u8(in, qs + l) >> shift & 3) - 4 + ((u8(in, mask + l) >> (k / 2) & 1) << 2);
                    out[to + 16 * k + l] = scale * q;
                }
            }
        }
    }

    /** {@code d, dmin, sc[12], qs[128]}: {@code d·s·q − dmin·m}, one pair (s, m) per 32 elements. */
    static void q4(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 144, to += 256) {
            float d = half(in, at);
            float dmin = half(in, at + 2);
            for (int j = 0; j < 8; j++) {
                float scale = d * scale4(in, at + 4, j);
                float min = dmin * min4(in, at + 4, j);
                int qs = at + 16 + 32 * (j / 2);
                int shift = 4 * (j & 1);
                for (int l = 0; l < 32; l++) {
                    out[to + 32 * j + l] = scale * (u8(in, qs + l) >> shift & 15) - min;
                }
            }
        }
    }

    /** {@code d, dmin, sc[12], qh[32], qs[128]}: as Q4_K with bit j of {@code qh} as the fifth bit. */
    static void q5(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 176, to += 256) {
            float d = half(in, at);
            float dmin = half(in, at + 2);
            for (int j = 0; j < 8; j++) {
                float scale = d * scale4(in, at + 4, j);
                float min = dmin * min4(in, at + 4, j);
                int qh = at + 16;
                int qs = at + 48 + 32 * (j / 2);
                int shift = 4 * (j & 1);
                for (int l = 0; l < 32; l++) {
                    int q = (u8(in, qs + l) >> shift & 15) | (u8(in, qh + l) >> j & 1) << 4;
                    out[to + 32 * j + l] = scale * q - min;
                }
            }
        }
    }

    /** {@code ql[128], qh[64], i8 sc[16], d}: {@code d·sc·(q − 32)}, one sc per 16 elements. */
    static void q6(byte[] in, int blocks, float[] out, int to) {
        for (int b = 0, at = 0; b < blocks; b++, at += 210, to += 256) {
            float d = half(in, at + 208);
            for (int k = 0; k < 16; k++) {
                float scale = d * in[at + 192 + k];
                int n = k / 8;
                int t = k / 2 & 3;
                int ql = at + 64 * n + 32 * (t & 1) + 16 * (k & 1);
                int qh = at + 128 + 32 * n + 16 * (k & 1);
                int lowShift = 4 * (t >> 1);
                for (int l = 0; l < 16; l++) {
                    int q = (u8(in, ql + l) >> lowShift & 15) | (u8(in, qh + l) >> (2 * t) & 3) << 4;
                    out[to + 16 * k + l] = scale * (q - 32);
                }
            }
        }
    }

    /** First of the 16 bytes that hold two-bit codes of sub-block {@code k} of 16 elements. */
    static int quarterByte(int k) {
        return 32 * (k / 8) + 16 * (k & 1);
    }

    /** Position of the two-bit codes of sub-block {@code k} in those bytes. */
    static int quarterShift(int k) {
        return 2 * (k / 2 & 3);
    }

    /** Six-bit scale {@code k} of Q3_K, biased by 32; {@code at} is the first of the 12 packed bytes. */
    static int scale3(byte[] in, int at, int k) {
        int low = k < 8 ? in[at + k] & 15 : u8(in, at + k - 8) >> 4;
        int high = u8(in, at + 8 + k % 4) >> (2 * (k / 4)) & 3;
        return (low | high << 4) - 32;
    }

    /** Six-bit scale {@code j} of Q4_K and Q5_K; {@code at} is the first of the 12 packed bytes. */
    static int scale4(byte[] in, int at, int j) {
        return j < 4 ? in[at + j] & 63 : (in[at + j + 4] & 15) | u8(in, at + j - 4) >> 6 << 4;
    }

    /** Six-bit minimum {@code j} of Q4_K and Q5_K. */
    static int min4(byte[] in, int at, int j) {
        return j < 4 ? in[at + j + 4] & 63 : u8(in, at + j + 4) >> 4 | u8(in, at + j) >> 6 << 4;
    }
}
