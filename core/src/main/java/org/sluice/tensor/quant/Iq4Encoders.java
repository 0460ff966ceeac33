package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.putHalf;
import static org.sluice.tensor.quant.Bytes.putU16;

import java.util.Arrays;

/** Encoders of the formats in {@link Iq4Blocks}. */
final class Iq4Encoders {
    private Iq4Encoders() {}

    static void nl(float[] x, float[] w, int blocks, byte[] out) {
        byte[] codes = new byte[x.length];
        for (int b = 0, at = 0, from = 0; b < blocks; b++, at += 18, from += 32) {
            float d = putHalf(out, at, Halves.round(ScaleFit.fit(Levels.IQ4, x, w, from, 32)));
            ScaleFit.codes(Levels.IQ4, x, w, from, 32, d, codes);
            LegacyEncoders.nibbles(codes, from, out, at + 2);
        }
    }

    static void xs(float[] x, float[] w, int blocks, byte[] out) {
        ScaleSuperBlock s = new ScaleSuperBlock(Levels.IQ4, 32, -32, 31);
        for (int b = 0, at = 0; b < blocks; b++, at += 136) {
            s.fit(x, w, b * 256);
            putHalf(out, at, s.d);
            int high = 0;
            Arrays.fill(out, at + 4, at + 8, (byte) 0);
            for (int j = 0; j < 8; j++) {
                int u = s.scales[j] + 32;
                out[at + 4 + j / 2] |= (byte) ((u & 15) << (4 * (j & 1)));
                high |= u >> 4 << (2 * j);
                LegacyEncoders.nibbles(s.codes, 32 * j, out, at + 8 + 16 * j);
            }
            putU16(out, at + 2, high);
        }
    }
}
