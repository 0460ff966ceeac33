package org.sluice.tensor.quant;

import static org.sluice.tensor.quant.Bytes.i32;
import static org.sluice.tensor.quant.Bytes.putI32;
import static org.sluice.tensor.quant.Bytes.putU16;
import static org.sluice.tensor.quant.Bytes.u16;

import java.util.Random;
import org.sluice.tensor.DType;

/** Replaces random bits by normally distributed elements of a plain type, picked from a table. */
final class RandomElements implements RandomBlocks.Finish {
    private static final int BITS = 12;
    private static final int SIZE = 1 << BITS;
    private static final int MASK = SIZE - 1;
    private static final long SEED = 7;

    private final DType dtype;
    /** Bits of one element, or of four F8 elements. */
    private final int[] table = new int[SIZE];

    RandomElements(DType dtype, double sigma) {
        this.dtype = dtype;
        Random random = new Random(SEED);
        int sign = switch (dtype) {
            case F32 -> 0x8000_0000;
            case F16, BF16 -> 0x8000;
            default -> 0x8080_8080;
        };
        // Each value with its negative: the mean is exactly 0.
        for (int i = 0; i < SIZE / 2; i++) {
            table[i] = switch (dtype) {
                case F32 -> Float.floatToRawIntBits(normal(sigma, random));
                case F16 -> Float.floatToFloat16(normal(sigma, random));
                case BF16 -> Float.floatToRawIntBits(normal(sigma, random)) >>> 16;
                case F8_E4M3 -> four(sigma, random);
                default -> throw new IllegalArgumentException(dtype + " is no plain type");
            };
            table[i + SIZE / 2] = table[i] ^ sign;
        }
    }

    private static float normal(double sigma, Random random) {
        return (float) (sigma * random.nextGaussian());
    }

    private static int four(double sigma, Random random) {
        int bits = 0;
        for (int i = 0; i < 4; i++) {
            bits |= nearest(normal(sigma, random)) << (8 * i);
        }
        return bits;
    }

    private static int nearest(float v) {
        int best = 0;
        for (int code = 0; code < 0x7F; code++) {
            if (Math.abs(Fp8.toFloat((byte) code) - Math.abs(v)) < Math.abs(Fp8.toFloat((byte) best) - Math.abs(v))) {
                best = code;
            }
        }
        return v < 0 ? best | 0x80 : best;
    }

    @Override
    public void apply(byte[] chunk, int blocks) {
        switch (dtype) {
            // The low bits of the mantissa stay random, so that values do not repeat.
            case F32 -> {
                for (int i = 0; i < blocks; i++) {
                    int r = i32(chunk, 4 * i);
                    putI32(chunk, 4 * i, table[r >>> (32 - BITS)] ^ (r & MASK));
                }
            }
            case F16, BF16 -> {
                for (int i = 0; i < blocks; i++) {
                    putU16(chunk, 2 * i, table[u16(chunk, 2 * i) & MASK]);
                }
            }
            default -> {
                for (int i = 0; i < blocks; i += 4) {
                    putI32(chunk, i, table[i32(chunk, i) & MASK]);
                }
            }
        }
    }
}
