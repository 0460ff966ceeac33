package org.sluice.model;

import java.util.Optional;
import org.sluice.error.UnsupportedException;

/** Reads {@link RopeParameters} from a {@code config.json}. */
final class RopeConfig {
    private RopeConfig() {}

    /** Reads {@code rope_parameters}, or the older {@code rope_theta} with {@code rope_scaling}. */
    static RopeParameters read(ConfigReader c, int maxPositions) {
        ConfigReader p =
                c.object("rope_parameters").or(() -> c.object("rope_scaling")).orElse(c);
        double theta = p.has("rope_theta") ? p.number("rope_theta", 1) : c.number("rope_theta", 1);
        String type = p.text("rope_type", p.text("type", "default"));
        return switch (type) {
            case "default" -> new RopeParameters(theta, Optional.empty());
            case "yarn" -> new RopeParameters(theta, Optional.of(yarn(p, maxPositions)));
            default ->
                throw new UnsupportedException(
                        c.file() + ": rope_type '" + type + "' is not supported; 'default' and 'yarn' are");
        };
    }

    private static RopeParameters.Yarn yarn(ConfigReader p, int maxPositions) {
        double factor = p.number("factor", 0);
        double all = p.number("mscale_all_dim", -1e9, 0);
        double magnitude;
        if (p.has("attention_factor")) {
            magnitude = p.number("attention_factor", 0);
        } else {
            boolean both = p.has("mscale") && all != 0;
            magnitude = RopeParameters.Yarn.magnitude(factor, both ? p.number("mscale", -1e9) : 1, both ? all : 0);
        }
        return new RopeParameters.Yarn(
                factor,
                p.integer("original_max_position_embeddings", 1, Integer.MAX_VALUE, maxPositions),
                p.number("beta_fast", 0, 32),
                p.number("beta_slow", 0, 1),
                p.flag("truncate", true),
                all,
                magnitude);
    }
}
