package org.sluice.tensor.quant;

/**
 * Finds scale and offset with which {@code x ≈ scale · q + min}, q from 0 to {@code top}, comes closest in the weighted square
 * norm. For fixed codes both are the solution of the 2×2 normal equations; the codes are fixed by a candidate scale.
 */
final class ScaleMinFit {
    private static final int STEPS = 20;
    private static final float FIRST = -1f;
    private static final float STEP = 0.1f;
    private static final int REFINEMENTS = 3;

    private final int top;
    private final boolean minBelowZero;

    /** Results of the last {@link #fit}. */
    float scale;

    float min;

    private float error;
    private float shift;

    /** @param minBelowZero whether the format can only subtract an offset, as the K formats do */
    ScaleMinFit(int top, boolean minBelowZero) {
        this.top = top;
        this.minBelowZero = minBelowZero;
    }

    /** Sets {@link #scale} and {@link #min} for {@code x[from, from + n)}. */
    void fit(float[] x, float[] w, int from, int n) {
        float low = x[from];
        float high = x[from];
        for (int i = from + 1; i < from + n; i++) {
            low = Math.min(low, x[i]);
            high = Math.max(high, x[i]);
        }
        if (minBelowZero) {
            low = Math.min(low, 0);
        }
        scale = 0;
        min = low;
        shift = low;
        error = Float.POSITIVE_INFINITY;
        if (high - low < Float.MIN_NORMAL) {
            return;
        }
        for (int k = 0; k < STEPS; k++) {
            solve(x, w, from, n, low, (top + FIRST + STEP * k) / (high - low));
        }
        for (int k = 0; k < REFINEMENTS && scale > 0; k++) {
            float before = error;
            solve(x, w, from, n, min, 1 / scale);
            if (error >= before) {
                break;
            }
        }
    }

    /**
     * Solves for the codes of one candidate and keeps the solution where it is better than the best so far. Works on
     * {@code y = x − shift}: values far from zero but close together would cancel otherwise.
     */
    private void solve(float[] x, float[] w, int from, int n, float low, float inverse) {
        float sw = 0;
        float sy = 0;
        float sq = 0;
        float syq = 0;
        float sqq = 0;
        for (int i = from; i < from + n; i++) {
            float q = code(inverse * (x[i] - low));
            float y = x[i] - shift;
            float wq = w[i] * q;
            sw += w[i];
            sy += w[i] * y;
            sq += wq;
            syq += wq * y;
            sqq += wq * q;
        }
        float det = sw * sqq - sq * sq;
        boolean oneCode = det <= 1e-6f * sw * sqq;
        float s = oneCode ? 0 : (sw * syq - sq * sy) / det;
        float m = oneCode ? 0 : (sqq * sy - sq * syq) / det;
        if (oneCode || (minBelowZero && m + shift > 0)) {
            // What is left to choose is the scale, with an offset of 0.
            m = -shift;
            s = sqq > 0 ? (syq - m * sq) / sqq : 0;
        }
        // Σ w·(y − s·q − m)² less the constant Σ w·y².
        float e = s * s * sqq + m * m * sw + 2 * (s * m * sq - s * syq - m * sy);
        if (s > 0 && e < error) {
            error = e;
            scale = s;
            min = m + shift;
        }
    }

    private int code(float v) {
        return Math.clamp((int) (v + 0.5f), 0, top);
    }

    /** Writes the codes that are best for given scale and offset and returns their weighted error. */
    float codes(float[] x, float[] w, int from, int n, float givenScale, float givenMin, byte[] codes) {
        float inverse = givenScale == 0 ? 0 : 1 / givenScale;
        float sum = 0;
        for (int i = from; i < from + n; i++) {
            int q = code(inverse * (x[i] - givenMin));
            float e = x[i] - givenScale * q - givenMin;
            codes[i] = (byte) q;
            sum += w[i] * e * e;
        }
        return sum;
    }
}
