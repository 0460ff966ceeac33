package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.putHalf;

import java.util.Arrays;

/** Encoders of the formats in {@link KBlocks}. */
final class KEncoders {
    private static final int SIZE = 256;

    private KEncoders() {}

    static void q2(float[] x, float[] w, int blocks, byte[] out) {
        ScaleMinSuperBlock s = new ScaleMinSuperBlock(3, 16, 15);
        for (int b = 0, at = 0; b < blocks; b++, at += 84) {
            s.fit(x, w, b * SIZE);
            for (int k = 0; k < 16; k++) {
                out[at + k] = (byte) (s.scales[k] | s.minima[k] << 4);
            }
            quarters(s.codes, out, at + 16);
            putHalf(out, at + 80, s.d);
            putHalf(out, at + 82, s.dmin);
        }
    }

    static void q3(float[] x, float[] w, int blocks, byte[] out) {
        ScaleSuperBlock s = new ScaleSuperBlock(Levels.integers(4), 16, -32, 31);
        for (int b = 0, at = 0; b < blocks; b++, at += 110) {
            s.fit(x, w, b * SIZE);
            Arrays.fill(out, at, at + 32, (byte) 0);
            for (int i = 0; i < SIZE; i++) {
                out[at + i % 32] |= (byte) ((s.codes[i] >> 2 & 1) << (i / 32));
            }
            quarters(s.codes, out, at + 32);
            Arrays.fill(out, at + 96, at + 108, (byte) 0);
            for (int k = 0; k < 16; k++) {
                int u = s.scales[k] + 32;
                out[at + 96 + k % 8] |= (byte) ((u & 15) << (k < 8 ? 0 : 4));
                out[at + 104 + k % 4] |= (byte) (u >> 4 << (2 * (k / 4)));
            }
            putHalf(out, at + 108, s.d);
        }
    }

    static void q4(float[] x, float[] w, int blocks, byte[] out) {
        ScaleMinSuperBlock s = new ScaleMinSuperBlock(15, 32, 63);
        for (int b = 0, at = 0; b < blocks; b++, at += 144) {
            s.fit(x, w, b * SIZE);
            head(s, out, at);
            halves(s.codes, out, at + 16);
        }
    }

    static void q5(float[] x, float[] w, int blocks, byte[] out) {
        ScaleMinSuperBlock s = new ScaleMinSuperBlock(31, 32, 63);
        for (int b = 0, at = 0; b < blocks; b++, at += 176) {
            s.fit(x, w, b * SIZE);
            head(s, out, at);
            Arrays.fill(out, at + 16, at + 48, (byte) 0);
            for (int i = 0; i < SIZE; i++) {
                out[at + 16 + i % 32] |= (byte) ((s.codes[i] >> 4 & 1) << (i / 32));
            }
            halves(s.codes, out, at + 48);
        }
    }

    static void q6(float[] x, float[] w, int blocks, byte[] out) {
        ScaleSuperBlock s = new ScaleSuperBlock(Levels.integers(32), 16, -128, 127);
        for (int b = 0, at = 0; b < blocks; b++, at += 210) {
            s.fit(x, w, b * SIZE);
            for (int half = 0; half < 2; half++) {
                for (int l = 0; l < 32; l++) {
                    int c = 128 * half + l;
                    byte q0 = s.codes[c];
                    byte q1 = s.codes[c + 32];
                    byte q2 = s.codes[c + 64];
                    byte q3 = s.codes[c + 96];
                    out[at + 64 * half + l] = (byte) ((q0 & 15) | (q2 & 15) << 4);
                    out[at + 64 * half + l + 32] = (byte) ((q1 & 15) | (q3 & 15) << 4);
                    out[at + 128 + 32 * half + l] = (byte) (q0 >> 4 | q1 >> 4 << 2 | q2 >> 4 << 4 | q3 >> 4 << 6);
                }
            }
            for (int k = 0; k < 16; k++) {
                out[at + 192 + k] = (byte) s.scales[k];
            }
            putHalf(out, at + 208, s.d);
        }
    }

    /** What Q4_K and Q5_K begin with: both scales, then eight scales and eight minima of six bits in twelve bytes. */
    private static void head(ScaleMinSuperBlock s, byte[] out, int at) {
        putHalf(out, at, s.d);
        putHalf(out, at + 2, s.dmin);
        for (int j = 0; j < 4; j++) {
            int scale = s.scales[j + 4];
            int min = s.minima[j + 4];
            out[at + 4 + j] = (byte) (s.scales[j] | scale >> 4 << 6);
            out[at + 8 + j] = (byte) (s.minima[j] | min >> 4 << 6);
            out[at + 12 + j] = (byte) ((scale & 15) | (min & 15) << 4);
        }
    }

    /** Packs the low four bits of 256 codes: in each 64, the first 32 to low nibbles and the others to high ones. */
    private static void halves(byte[] codes, byte[] out, int at) {
        for (int j = 0; j < 4; j++) {
            for (int l = 0; l < 32; l++) {
                int c = 64 * j + l;
                out[at + 32 * j + l] = (byte) ((codes[c] & 15) | (codes[c + 32] & 15) << 4);
            }
        }
    }

    /** Packs the low two bits of 256 codes: in each 128, four runs of 32 to two bits each. */
    private static void quarters(byte[] codes, byte[] out, int at) {
        for (int half = 0; half < 2; half++) {
            for (int l = 0; l < 32; l++) {
                int c = 128 * half + l;
                out[at + 32 * half + l] = (byte) ((codes[c] & 3)
                        | (codes[c + 32] & 3) << 2
                        | (codes[c + 64] & 3) << 4
                        | (codes[c + 96] & 3) << 6);
            }
        }
    }
}
