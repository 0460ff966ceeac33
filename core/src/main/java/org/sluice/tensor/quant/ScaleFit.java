package org.sluice.tensor.quant;

/**
 * Finds the scale {@code s} with which {@code x ≈ s · level} comes closest in the weighted square norm.
 *
 * <p>For fixed codes the best scale is {@code s = Σ w·x·l / Σ w·l²} and the error {@code Σ w·x² − (Σ w·x·l)² / Σ w·l²}; the codes
 * are fixed by a candidate scale, which puts the largest element near one end of the levels.
 */
final class ScaleFit {
    /** Candidates to either side of each end, and their distance in levels. */
    private static final int STEPS = 9;

    private static final float STEP = 0.1f;
    private static final int REFINEMENTS = 3;
    /** Below this a group counts as zero: its scale would not survive in half precision. */
    private static final float TINY = 1e-12f;

    private ScaleFit() {}

    /** The best scale found for {@code x[from, from + n)}; 0 where all are zero. */
    static float fit(Levels levels, float[] x, float[] w, int from, int n) {
        float extreme = 0;
        for (int i = from; i < from + n; i++) {
            extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
        }
        if (Math.abs(extreme) < TINY) {
            return 0;
        }
        float lowest = levels.level(0);
        float highest = levels.level(levels.count() - 1);
        float step = STEP * (highest - lowest) / (levels.count() - 1);
        float bestGain = -1;
        float best = 0;
        for (int k = -STEPS; k <= STEPS; k++) {
            for (int end = 0; end < 2; end++) {
                float inverse = ((end == 0 ? lowest : highest) + k * step) / extreme;
                float xl = 0;
                float ll = 0;
                for (int i = from; i < from + n; i++) {
                    float l = levels.level(levels.code(inverse * x[i]));
                    xl += w[i] * x[i] * l;
                    ll += w[i] * l * l;
                }
                if (xl * xl > bestGain * ll) {
                    bestGain = xl * xl / ll;
                    best = xl / ll;
                }
            }
        }
        return refine(levels, x, w, from, n, best);
    }

    /** Alternates between the best codes for a scale and the best scale for the codes. */
    private static float refine(Levels levels, float[] x, float[] w, int from, int n, float start) {
        float s = start;
        for (int round = 0; round < REFINEMENTS && s != 0; round++) {
            float inverse = 1 / s;
            float xl = 0;
            float ll = 0;
            for (int i = from; i < from + n; i++) {
                float l = levels.level(levels.code(inverse * x[i]));
                xl += w[i] * x[i] * l;
                ll += w[i] * l * l;
            }
            float next = ll > 0 ? xl / ll : 0;
            if (next == s) {
                break;
            }
            s = next;
        }
        return s;
    }

    /** Writes the codes that are best for a given scale and returns their weighted error. */
    static float codes(Levels levels, float[] x, float[] w, int from, int n, float scale, byte[] codes) {
        float inverse = scale == 0 ? 0 : 1 / scale;
        float error = 0;
        for (int i = from; i < from + n; i++) {
            int c = levels.code(inverse * x[i]);
            float e = x[i] - scale * levels.level(c);
            codes[i] = (byte) c;
            error += w[i] * e * e;
        }
        return error;
    }
}
