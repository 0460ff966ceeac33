package org.sluice.backend.cpu.reference;

/** Norms of one vector, in double. */
final class Norms {
    private Norms() {}

    /** {@code x / sqrt(mean(x²) + epsilon) · w} of the first {@code w.length} elements, in place. */
    static void rms(double[] x, float[] w, double epsilon) {
        double squares = 0;
        for (int i = 0; i < w.length; i++) {
            squares += x[i] * x[i];
        }
        double scale = 1 / Math.sqrt(squares / w.length + epsilon);
        for (int i = 0; i < w.length; i++) {
            x[i] = x[i] * scale * w[i];
        }
    }

    /** {@code (x − mean) / sqrt(variance + epsilon) · w + b}, in place. */
    static void layer(double[] x, float[] w, float[] b, double epsilon) {
        double mean = 0;
        for (double v : x) {
            mean += v / x.length;
        }
        double variance = 0;
        for (double v : x) {
            variance += (v - mean) * (v - mean) / x.length;
        }
        double scale = 1 / Math.sqrt(variance + epsilon);
        for (int i = 0; i < x.length; i++) {
            x[i] = (x[i] - mean) * scale * w[i] + b[i];
        }
    }
}
