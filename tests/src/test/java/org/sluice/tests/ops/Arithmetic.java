package org.sluice.tests.ops;

import org.sluice.tensor.DType;

/**
 * What a device may round, and how far that can move a result.
 *
 * <p>{@link #EXACT} computes in float32 on the stored weights. A sum of n products in float32 is off by at most n·u·Σ|w·a|
 * with u = 2⁻²⁴; its rounding errors are independent, so that their sum has a standard deviation near √n·u·Σ|w·a|/√n.
 * Bounds allow {@code u·(8 + 4√n)}: some roundings of the factors themselves and four deviations of the sum in its worst
 * order.
 *
 * <p>{@link #FAST} may also round activations: to int8 with one scale for each block of the quantised type they meet (half a
 * step is {@code max|a| / 254}), or to bfloat16 (half a unit is {@code 2⁻⁹·|a|}): where weights are plain or FP8, and where there are
 * many rows, then together with the quantised weights themselves. Caches and queries may be kept in bfloat16.
 */
enum Arithmetic {
    EXACT,
    FAST;

    /** Half the distance of float32 numbers near 1. */
    static final double U = 0x1p-24;
    /** Half the distance of bfloat16 numbers near 1. */
    static final double BF16 = 0x1p-9;

    /** Relative to Σ|w·a|: what float32 sums of {@code n} products may be off. */
    static double rel(int n) {
        return U * (8 + 4 * Math.sqrt(n));
    }

    /** What rounding a number of a cache or query may move it, relative to itself. */
    double stored() {
        return this == EXACT ? 0 : BF16;
    }

    /**
     * What rounding a quantised row to bfloat16 may move a sum. Elements that share a scale are rounded alike where their codes are
     * equal, so errors within a group of 32 may all have the same sign; between codes they are independent.
     */
    double roundedWeights(float[] w, double[] x, DType weight) {
        if (this == EXACT || weight.blockElements() == 1) {
            return 0;
        }
        double together = 0;
        double squares = 0;
        for (int g = 0; g < w.length; g += 32) {
            double sum = 0;
            for (int i = g; i < g + 32; i++) {
                sum += w[i] * x[i];
                squares += w[i] * x[i] * w[i] * x[i];
            }
            together += Math.abs(sum);
        }
        return BF16 * (together + 4 * Math.sqrt(squares));
    }

    /** How far each activation may move before it meets a weight of this type. */
    double[] activationSteps(double[] x, DType weight) {
        double[] step = new double[x.length];
        if (this == EXACT) {
            return step;
        }
        int block = weight.blockElements() == 64 ? 32 : weight.blockElements();
        if (block == 1) {
            // bfloat16 on both sides: F32 and F16 weights lose as much as activations
            for (int i = 0; i < x.length; i++) {
                step[i] = 2 * BF16 * Math.abs(x[i]);
            }
            return step;
        }
        for (int b = 0; b < x.length; b += block) {
            double max = 0;
            for (int i = b; i < b + block; i++) {
                max = Math.max(max, Math.abs(x[i]));
            }
            // the scale itself may be kept in half precision
            double half = max / 254 * (1 + 0x1p-9) + max * 0x1p-11;
            for (int i = b; i < b + block; i++) {
                step[i] = half;
            }
        }
        return step;
    }
}
