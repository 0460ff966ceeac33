package org.sluice.model;

import org.sluice.error.UnsupportedException;
import org.sluice.graph.Rope;

/** Reads rotation frequencies, and what YaRN (Peng et al., arXiv 2309.00071) makes of them. */
final class RopeConfig {
    private final float[] inverseFrequencies;
    private final float magnitude;
    private final double scoreFactor;

    private RopeConfig(float[] inverseFrequencies, double magnitude, double scoreFactor) {
        this.inverseFrequencies = inverseFrequencies;
        this.magnitude = (float) magnitude;
        this.scoreFactor = scoreFactor;
    }

    Rope rope(boolean interleaved) {
        return new Rope(
                interleaved ? Rope.Pairing.INTERLEAVED : Rope.Pairing.HALF_SPLIT, inverseFrequencies, magnitude);
    }

    /** Factor on the attention scale. */
    double scoreFactor() {
        return scoreFactor;
    }

    /**
     * Reads {@code rope_parameters}, or the older {@code rope_theta} with {@code rope_scaling}.
     *
     * @param dims elements that turn
     */
    static RopeConfig read(ConfigReader c, int dims, int maxPositions) {
        ConfigReader p =
                c.object("rope_parameters").or(() -> c.object("rope_scaling")).orElse(c);
        double theta = p.has("rope_theta") ? p.number("rope_theta", 1) : c.number("rope_theta", 1);
        String type = p.text("rope_type", p.text("type", "default"));
        return switch (type) {
            case "default" -> plain(dims, theta);
            case "yarn" -> yarn(p, dims, theta, maxPositions);
            default ->
                throw new UnsupportedException(
                        c.file() + ": rope_type '" + type + "' is not supported; 'default' and 'yarn' are");
        };
    }

    private static RopeConfig plain(int dims, double theta) {
        float[] inverse = new float[dims / 2];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = (float) Math.pow(theta, -2.0 * i / dims);
        }
        return new RopeConfig(inverse, 1, 1);
    }

    private static RopeConfig yarn(ConfigReader p, int dims, double theta, int maxPositions) {
        double factor = p.number("factor", 0);
        int original = p.integer("original_max_position_embeddings", 1, Integer.MAX_VALUE, maxPositions);
        double low = correction(dims, theta, original, p.number("beta_fast", 0, 32));
        double high = correction(dims, theta, original, p.number("beta_slow", 0, 1));
        if (p.flag("truncate", true)) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        low = Math.max(low, 0);
        high = Math.min(high, dims - 1.0);
        float[] inverse = new float[dims / 2];
        for (int i = 0; i < inverse.length; i++) {
            double ramp = Math.clamp((i - low) / Math.max(high - low, 1e-3), 0, 1);
            double plain = Math.pow(theta, -2.0 * i / dims);
            inverse[i] = (float) (plain * (1 - ramp) + plain / factor * ramp);
        }
        double all = p.number("mscale_all_dim", -1e9, 0);
        double magnitude;
        if (p.has("attention_factor")) {
            magnitude = p.number("attention_factor", 0);
        } else if (p.has("mscale") && all != 0) {
            magnitude = mscale(factor, p.number("mscale", -1e9)) / mscale(factor, all);
        } else {
            magnitude = mscale(factor, 1);
        }
        return new RopeConfig(inverse, magnitude, all == 0 ? 1 : mscale(factor, all) * mscale(factor, all));
    }

    /** Pair that turns {@code rotations} times over the original context. */
    private static double correction(int dims, double theta, int original, double rotations) {
        return dims * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(theta));
    }

    private static double mscale(double factor, double m) {
        return factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1;
    }
}
