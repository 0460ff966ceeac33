package org.sluice.model;

import java.util.Optional;
import org.sluice.graph.Rope;

/**
 * How fast positions turn, as {@code rope_parameters} of a {@code config.json} says.
 *
 * @param theta base of the frequencies
 * @param yarn what stretches them to a longer context
 */
public record RopeParameters(double theta, Optional<Yarn> yarn) {

    /**
     * YaRN (Peng et al., arXiv 2309.00071).
     *
     * @param factor longer context divided by the original one
     * @param originalMaxPositions the original one
     * @param betaFast pairs that turn more often than this over the original context keep their frequency
     * @param betaSlow pairs that turn less often than this are slowed down by the whole factor
     * @param truncate whether the bounds between which frequencies are blended are whole pairs
     * @param mscaleAllDim exponent of the factor on the attention scores; 0 for none
     * @param magnitude factor on cos and sin
     */
    public record Yarn(
            double factor,
            int originalMaxPositions,
            double betaFast,
            double betaSlow,
            boolean truncate,
            double mscaleAllDim,
            double magnitude) {
        /** Magnitude where a configuration gives none and {@code mscale} is what {@code mscaleAllDim} is, or 1. */
        static double magnitude(double factor, double mscale, double mscaleAllDim) {
            return mscaleAllDim == 0 ? mscale(factor, 1) : mscale(factor, mscale) / mscale(factor, mscaleAllDim);
        }

        private static double mscale(double factor, double m) {
            return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
        }
    }

    /** The rotation of {@code dims} elements. */
    Rope rope(int dims, boolean interleaved) {
        float[] inverse = new float[dims / 2];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = (float) inverseFrequency(i, dims);
        }
        return new Rope(
                interleaved ? Rope.Pairing.INTERLEAVED : Rope.Pairing.HALF_SPLIT,
                inverse,
                yarn.map(y -> (float) y.magnitude()).orElse(1f));
    }

    /** Factor on the attention scale. */
    double scoreFactor() {
        return yarn.filter(y -> y.mscaleAllDim() != 0)
                .map(y -> Yarn.mscale(y.factor(), y.mscaleAllDim()))
                .map(m -> m * m)
                .orElse(1.0);
    }

    private double inverseFrequency(int i, int dims) {
        double plain = Math.pow(theta, -2.0 * i / dims);
        if (yarn.isEmpty()) {
            return plain;
        }
        Yarn y = yarn.get();
        double low = correction(dims, y.originalMaxPositions(), y.betaFast());
        double high = correction(dims, y.originalMaxPositions(), y.betaSlow());
        if (y.truncate()) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, dims - 1.0);
        double ramp = Math.clamp((i - low) / Math.max(high - low, 1e-3), 0, 1);
        return plain * (1 - ramp) + plain / y.factor() * ramp;
    }

    /** Pair that turns {@code rotations} times over the original context. */
    private double correction(int dims, int original, double rotations) {
        return dims * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(theta));
    }
}
