package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.putU16;
import static org.sluice.tensor.quant.Bytes.u16;
import static org.sluice.tensor.quant.Bytes.u8;

import org.sluice.tensor.DType;

/**
 * Sets the scales of random blocks. A random sign on the scale of a block makes up for codes that are not centred; offsets are
 * set so that they cancel the mean code.
 */
final class RandomScales {
    private static final int SIGN = 0x8000;

    private RandomScales() {}

    /** What sets the scale of every block to {@code unit}, or as near as the format allows in the mean square. */
    static RandomBlocks.Finish of(DType t, double unit) {
        return switch (t) {
            case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S -> scale(t, 0, unit);
            case Q3_K -> scale(t, 108, unit);
            case Q6_K -> scale(t, 208, unit);
            case TQ1_0 -> scale(t, 52, unit);
            case TQ2_0 -> ternary(t, unit);
            case Q4_1 -> scaleAndOffset(t, 0, unit, -7.5);
            case Q5_1 -> scaleAndOffset(t, 0, unit, -15.5);
            case Q2_K -> scaleAndOffset(t, 80, unit, 1.5);
            case Q4_K -> scaleAndOffset(t, 0, unit, 7.5);
            case Q5_K -> scaleAndOffset(t, 0, unit, 15.5);
            case IQ1_M -> scattered(t, unit);
            case MXFP4 -> powers(t, unit);
            case NVFP4 -> smallFloats(t, unit);
            case F32, F16, BF16, F8_E4M3, I8, I16, I32, I64, U8 ->
                throw new IllegalArgumentException(t + " has no scales");
        };
    }

    private static int half(double v) {
        return Float.floatToFloat16((float) v) & 0xFFFF;
    }

    private static RandomBlocks.Finish scale(DType t, int field, double unit) {
        int d = half(unit);
        return (chunk, blocks) -> {
            for (int b = 0, at = field; b < blocks; b++, at += t.blockBytes()) {
                putU16(chunk, at, d | (u16(chunk, at) & SIGN));
            }
        };
    }

    /** The offset stands behind the scale. */
    private static RandomBlocks.Finish scaleAndOffset(DType t, int field, double unit, double ratio) {
        int d = half(unit);
        int m = half(unit * ratio);
        return (chunk, blocks) -> {
            for (int b = 0, at = field; b < blocks; b++, at += t.blockBytes()) {
                int sign = u16(chunk, at) & SIGN;
                putU16(chunk, at, d ^ sign);
                putU16(chunk, at + 2, m ^ sign);
            }
        };
    }

    /** Two-bit codes of which 3 has no meaning. */
    private static RandomBlocks.Finish ternary(DType t, double unit) {
        RandomBlocks.Finish scale = scale(t, 64, unit);
        return (chunk, blocks) -> {
            for (int i = 0; i < blocks * t.blockBytes(); i++) {
                chunk[i] ^= (byte) (chunk[i] & chunk[i] >> 1 & 0x55);
            }
            scale.apply(chunk, blocks);
        };
    }

    /** The four nibbles of IQ1_M's scale top its four scale words. */
    private static RandomBlocks.Finish scattered(DType t, double unit) {
        int d = half(unit);
        return (chunk, blocks) -> {
            for (int b = 0, at = 48; b < blocks; b++, at += t.blockBytes()) {
                int bits = d | (u16(chunk, at + 6) & SIGN);
                for (int i = 0; i < 4; i++) {
                    putU16(chunk, at + 2 * i, (u16(chunk, at + 2 * i) & 0x0FFF) | (bits >> (4 * i) & 15) << 12);
                }
            }
        };
    }

    /** Powers of two: the one below and the one above, mixed. */
    private static RandomBlocks.Finish powers(DType t, double unit) {
        int below = Math.clamp(Math.getExponent(unit) + 127, 1, 252);
        int share = share(unit, Math.scalb(1.0, below - 127), Math.scalb(1.0, below - 126));
        return (chunk, blocks) -> {
            for (int b = 0, at = 0; b < blocks; b++, at += t.blockBytes()) {
                chunk[at] = (byte) (u8(chunk, at) < share ? below + 1 : below);
            }
        };
    }

    /** Unsigned e4m3: the number below and the one above, mixed. */
    private static RandomBlocks.Finish smallFloats(DType t, double unit) {
        int code = 0;
        while (code < 0x7D && Fp8.toFloat((byte) (code + 1)) <= unit) {
            code++;
        }
        int below = code;
        int share = share(unit, Fp8.toFloat((byte) below), Fp8.toFloat((byte) (below + 1)));
        return (chunk, blocks) -> {
            for (int b = 0, at = 0; b < blocks; b++, at += t.blockBytes()) {
                for (int i = 0; i < 4; i++) {
                    chunk[at + i] = (byte) (u8(chunk, at + i) < share ? below + 1 : below);
                }
            }
        };
    }

    /** How many of 256 have to be {@code high} instead of {@code low} for a mean square of {@code unit²}. */
    private static int share(double unit, double low, double high) {
        return (int) Math.round(256 * Math.clamp((unit * unit - low * low) / (high * high - low * low), 0, 1));
    }
}
