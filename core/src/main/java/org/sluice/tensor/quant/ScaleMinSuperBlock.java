package org.sluice.tensor.quant;

/**
 * Super-block of 256 elements in groups with integer scales and minima under two half-precision scales:
 * {@code x ≈ d · s[group] · q − dmin · m[group]}.
 */
final class ScaleMinSuperBlock {
    private static final int SIZE = 256;

    private final ScaleMinFit fit;
    private final int group;
    private final int highest;

    /** Results of the last {@link #fit}: both scales as stored, a scale and a minimum per group, a code per element. */
    float d;

    float dmin;
    final int[] scales;
    final int[] minima;
    final byte[] codes = new byte[SIZE];

    private final float[] fittedScale;
    private final float[] fittedMin;
    private final byte[] trial = new byte[SIZE];
    private final float[] block = new float[SIZE];
    private final float[] weights = new float[SIZE];

    /**
     * @param top highest code; the lowest is 0
     * @param group elements that share an integer scale and minimum
     * @param highest highest integer scale and minimum; the lowest is 0
     */
    ScaleMinSuperBlock(int top, int group, int highest) {
        this.fit = new ScaleMinFit(top, true);
        this.group = group;
        this.highest = highest;
        int groups = SIZE / group;
        scales = new int[groups];
        minima = new int[groups];
        fittedScale = new float[groups];
        fittedMin = new float[groups];
    }

    /** Encodes {@code x[from, from + 256)}. */
    void fit(float[] x, float[] w, int from) {
        System.arraycopy(x, from, block, 0, SIZE);
        System.arraycopy(w, from, weights, 0, SIZE);
        float largestScale = 0;
        float largestMin = 0;
        for (int g = 0; g < scales.length; g++) {
            fit.fit(block, weights, g * group, group);
            fittedScale[g] = fit.scale;
            fittedMin[g] = -fit.min;
            largestScale = Math.max(largestScale, fit.scale);
            largestMin = Math.max(largestMin, -fit.min);
        }
        d = Halves.round(largestScale / highest);
        dmin = Halves.round(largestMin / highest);
        float error = 0;
        for (int g = 0; g < scales.length; g++) {
            error += bestPair(g);
        }
        refit(error);
    }

    /** Chooses among the integers next to the fitted scale and minimum, because rounding them is not always best. */
    private float bestPair(int g) {
        int nearestScale = d == 0 ? 0 : Math.round(fittedScale[g] / d);
        int nearestMin = dmin == 0 ? 0 : Math.round(fittedMin[g] / dmin);
        int at = g * group;
        float best = Float.POSITIVE_INFINITY;
        for (int s = Math.max(0, nearestScale - 1); s <= Math.min(highest, nearestScale + 1); s++) {
            for (int m = Math.max(0, nearestMin - 1); m <= Math.min(highest, nearestMin + 1); m++) {
                float e = fit.codes(block, weights, at, group, d * s, -dmin * m, trial);
                if (e < best) {
                    best = e;
                    scales[g] = s;
                    minima[g] = m;
                    System.arraycopy(trial, at, codes, at, group);
                }
            }
        }
        return best;
    }

    /** Fits {@code d} and {@code dmin} once more to the integers chosen, and keeps that where it helps. */
    private void refit(float error) {
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double xa = 0;
        double xb = 0;
        for (int i = 0; i < SIZE; i++) {
            float a = scales[i / group] * codes[i];
            float b = minima[i / group];
            aa += weights[i] * a * a;
            ab += weights[i] * a * b;
            bb += weights[i] * b * b;
            xa += weights[i] * block[i] * a;
            xb += weights[i] * block[i] * b;
        }
        double det = aa * bb - ab * ab;
        if (!(det > 0)) {
            return;
        }
        float betterScale = Halves.round((float) ((xa * bb - xb * ab) / det));
        float betterMin = Halves.round((float) ((xa * ab - xb * aa) / det));
        if (betterScale <= 0 || betterMin < 0) {
            return;
        }
        float e = 0;
        for (int g = 0; g < scales.length; g++) {
            e += fit.codes(block, weights, g * group, group, betterScale * scales[g], -betterMin * minima[g], trial);
        }
        if (e < error) {
            d = betterScale;
            dmin = betterMin;
            System.arraycopy(trial, 0, codes, 0, SIZE);
        }
    }
}
