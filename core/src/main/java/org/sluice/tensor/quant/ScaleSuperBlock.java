package org.sluice.tensor.quant;

import java.util.Arrays;

/**
 * Super-block of 256 elements in groups with integer scales under one half-precision scale: {@code x ≈ d · s[group] · level}.
 */
final class ScaleSuperBlock {
    private static final int SIZE = 256;

    private final Levels levels;
    private final int group;
    private final int lowest;
    private final int highest;

    /** Results of the last {@link #fit}: the scale as stored, a scale per group, a code per element. */
    float d;

    final int[] scales;
    final byte[] codes = new byte[SIZE];

    private final float[] fitted;
    private final byte[] trial = new byte[SIZE];
    private final float[] block = new float[SIZE];
    private final float[] weights = new float[SIZE];

    /**
     * @param group elements that share an integer scale
     * @param lowest lowest integer scale, negative
     * @param highest highest integer scale
     */
    ScaleSuperBlock(Levels levels, int group, int lowest, int highest) {
        this.levels = levels;
        this.group = group;
        this.lowest = lowest;
        this.highest = highest;
        this.scales = new int[SIZE / group];
        this.fitted = new float[SIZE / group];
    }

    /** Encodes {@code x[from, from + 256)}. */
    void fit(float[] x, float[] w, int from) {
        System.arraycopy(x, from, block, 0, SIZE);
        System.arraycopy(w, from, weights, 0, SIZE);
        float extreme = 0;
        for (int g = 0; g < fitted.length; g++) {
            fitted[g] = ScaleFit.fit(levels, block, weights, g * group, group);
            extreme = Math.abs(fitted[g]) > Math.abs(extreme) ? fitted[g] : extreme;
        }
        d = Halves.round(extreme / lowest);
        if (d == 0) {
            Arrays.fill(scales, 0);
            Arrays.fill(codes, (byte) levels.code(0));
            return;
        }
        float error = 0;
        for (int g = 0; g < scales.length; g++) {
            error += bestScale(g);
        }
        refit(error);
    }

    /** Chooses among the integers next to the fitted scale, because rounding it is not always best. */
    private float bestScale(int g) {
        int nearest = Math.round(fitted[g] / d);
        float best = Float.POSITIVE_INFINITY;
        for (int s = nearest - 1; s <= nearest + 1; s++) {
            int scale = Math.clamp(s, lowest, highest);
            float e = ScaleFit.codes(levels, block, weights, g * group, group, d * scale, trial);
            if (e < best) {
                best = e;
                scales[g] = scale;
                System.arraycopy(trial, g * group, codes, g * group, group);
            }
        }
        return best;
    }

    /** Fits {@code d} once more to the integers chosen, and keeps that where it helps. */
    private void refit(float error) {
        float xl = 0;
        float ll = 0;
        for (int i = 0; i < SIZE; i++) {
            float l = scales[i / group] * levels.level(codes[i]);
            xl += weights[i] * block[i] * l;
            ll += weights[i] * l * l;
        }
        float better = ll > 0 ? Halves.round(xl / ll) : d;
        if (better == d || better == 0) {
            return;
        }
        float e = 0;
        for (int g = 0; g < scales.length; g++) {
            e += ScaleFit.codes(levels, block, weights, g * group, group, better * scales[g], trial);
        }
        if (e < error) {
            d = better;
            System.arraycopy(trial, 0, codes, 0, SIZE);
        }
    }
}
