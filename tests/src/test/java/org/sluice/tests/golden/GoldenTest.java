package org.sluice.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.DeviceOptions;
import org.sluice.tests.Devices;

/**
 * Every golden on every device in exact arithmetic: logits, residual streams, selections, routes and greedy tokens as the
 * reference implementation computes them, and the same bits however the prompt is cut into steps.
 */
@Tag("fixtures")
class GoldenTest {
    private static final double LOGIT_TOLERANCE = 3e-4;
    private static final double HIDDEN_TOLERANCE = 1e-4;
    private static final double WEIGHT_TOLERANCE = 1e-4;

    static List<Arguments> goldensAndDevices() {
        List<Arguments> all = new ArrayList<>();
        for (Golden g : Golden.all()) {
            Devices.present().forEach(d -> all.add(Arguments.of(g, d)));
        }
        return all;
    }

    @Test
    void fixturesAreThere() {
        assertThat(Golden.all()).isNotEmpty();
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldensAndDevices")
    void equalsTheReference(Golden golden, String selector) {
        try (TracedRun run = new TracedRun(
                        golden, DeviceOptions.of(selector).withThreads(2).withExact(true));
                Golden.Expected expected = golden.expected()) {
            assertThat(expected.prompts()).isPositive();
            for (int p = 0; p < expected.prompts(); p++) {
                String prefix = "prompt" + p + ".";
                int[] tokens = expected.ints(prefix + "tokens");
                Map<String, Object> whole = run.run(tokens, tokens.length);
                check(expected, prefix, whole, tokens.length);
                int[] greedy = expected.ints(prefix + "greedy");
                assertThat(run.greedy(tokens, greedy.length))
                        .as(prefix + "greedy")
                        .isEqualTo(greedy);
                for (int chunk : new int[] {1, 7, 64}) {
                    assertThat(run.run(tokens, chunk))
                            .as(prefix + " in chunks of " + chunk)
                            .usingRecursiveComparison()
                            .isEqualTo(whole);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldensAndDevices")
    void bitsDoNotDependOnThreads(Golden golden, String selector) {
        try (Golden.Expected expected = golden.expected()) {
            int[] tokens = expected.ints("prompt" + (expected.prompts() - 1) + ".tokens");
            List<Map<String, Object>> results = new ArrayList<>();
            for (int threads = 1; threads <= 3; threads++) {
                try (TracedRun run = new TracedRun(
                        golden, DeviceOptions.of(selector).withThreads(threads).withExact(true))) {
                    results.add(run.run(tokens, 50));
                }
            }
            assertThat(results.get(1)).usingRecursiveComparison().isEqualTo(results.get(0));
            assertThat(results.get(2)).usingRecursiveComparison().isEqualTo(results.get(0));
        }
    }

    private static void check(Golden.Expected expected, String prefix, Map<String, Object> got, int rows) {
        for (Map.Entry<String, Object> e : got.entrySet()) {
            String name = prefix + e.getKey();
            String kind = e.getKey().replaceAll("\\.\\d+$", "");
            switch (e.getValue()) {
                // without an indexer or beyond the recorded layers there is nothing to compare with
                case int[] values
                when expected.has(name) ->
                    assertThat(sets(values, rows)).as(name).isEqualTo(sets(expected.ints(name), rows));
                case float[] values
                when expected.has(name) -> checkFloats(name, kind, values, expected.floats(name), rows);
                default ->
                    assertThat(expected.has(name))
                            .as("the golden holds " + name)
                            .isTrue();
            }
        }
    }

    private static void checkFloats(String name, String kind, float[] got, float[] expected, int rows) {
        assertThat(got).as(name).hasSameSizeAs(expected);
        int width = got.length / rows;
        for (int r = 0; r < rows; r++) {
            double norm = 0;
            double error = 0;
            double largest = 0;
            for (int i = r * width; i < (r + 1) * width; i++) {
                double d = got[i] - expected[i];
                norm += expected[i] * expected[i];
                error += d * d;
                largest = Math.max(largest, Math.abs(d));
            }
            if (kind.equals("logits")) {
                assertThat(largest).as(name + " row " + r).isLessThanOrEqualTo(LOGIT_TOLERANCE);
            } else if (kind.equals("expert_weights")) {
                assertThat(largest).as(name + " row " + r).isLessThanOrEqualTo(WEIGHT_TOLERANCE);
            } else {
                assertThat(Math.sqrt(error / norm)).as(name + " row " + r).isLessThanOrEqualTo(HIDDEN_TOLERANCE);
            }
        }
    }

    /** Rows of ascending indices without the −1 behind the last. */
    private static List<List<Integer>> sets(int[] values, int rows) {
        List<List<Integer>> all = new ArrayList<>();
        int width = values.length / rows;
        for (int r = 0; r < rows; r++) {
            List<Integer> row = new ArrayList<>();
            for (int i = r * width; i < (r + 1) * width; i++) {
                if (values[i] >= 0) {
                    row.add(values[i]);
                }
            }
            all.add(row);
        }
        return all;
    }
}
