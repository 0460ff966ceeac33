package org.sluice.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;

/** Compares a trace with the reference's numbers, within the tolerances the fixtures' README states for float32. */
final class Compare {
    private static final double LOGIT_TOLERANCE = 3e-4;
    private static final double HIDDEN_TOLERANCE = 1e-4;
    private static final double WEIGHT_TOLERANCE = 1e-4;

    private Compare() {}

    /** Everything but selections, in the first {@code rows} rows. */
    static void check(Golden.Expected expected, int prompt, TracedRun.Trace got, int rows) {
        String prefix = "prompt" + prompt + ".";
        for (Map.Entry<String, int[]> e : got.ints().entrySet()) {
            if (!e.getKey().startsWith("selected.")) {
                int width = e.getValue().length / got.rows();
                assertThat(Arrays.copyOf(e.getValue(), rows * width))
                        .as(prefix + e.getKey())
                        .isEqualTo(Arrays.copyOf(expected.ints(prefix + e.getKey()), rows * width));
            }
        }
        assertThat(got.floats()).containsKeys("logits", "final", "hidden.0");
        got.floats().forEach((name, values) -> {
            float[] want = expected.floats(prefix + name);
            assertThat(values).as(prefix + name).hasSameSizeAs(want);
            floats(prefix + name, name, values, want, values.length / got.rows(), rows);
        });
    }

    private static void floats(String where, String name, float[] got, float[] want, int width, int rows) {
        for (int r = 0; r < rows; r++) {
            double norm = 0;
            double error = 0;
            double largest = 0;
            for (int i = r * width; i < (r + 1) * width; i++) {
                double d = (double) got[i] - want[i];
                norm += (double) want[i] * want[i];
                error += d * d;
                // max ignores NaN in neither place
                largest = Math.max(largest, Math.abs(d));
            }
            if (name.equals("logits")) {
                assertThat(largest).as(where + " row " + r).isLessThanOrEqualTo(LOGIT_TOLERANCE);
            } else if (name.startsWith("expert_weights.")) {
                assertThat(largest).as(where + " row " + r).isLessThanOrEqualTo(WEIGHT_TOLERANCE);
            } else {
                assertThat(Math.sqrt(error))
                        .as(where + " row " + r)
                        .isLessThanOrEqualTo(HIDDEN_TOLERANCE * Math.sqrt(norm));
            }
        }
    }
}
