package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.DeviceOptions;
import org.sluice.tests.Devices;

/**
 * The draft layer on every device in exact arithmetic: states, logits, selections and chains of drafts as the reference
 * computes them from the same hidden states, and the same bits however the rows are cut into steps.
 */
@Tag("fixtures")
class MtpLayerTest {
    private static final double HIDDEN_TOLERANCE = 1e-4;
    private static final double LOGIT_TOLERANCE = 3e-4;

    static List<String> devices() {
        return Devices.present();
    }

    @Test
    void fixtureIsThere() {
        try (MtpFixture fixture = MtpFixture.open()) {
            assertThat(fixture.cases()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void equalsTheReference(String selector) {
        try (MtpFixture fixture = MtpFixture.open();
                LayerRun run = open(selector, fixture)) {
            assertThat(fixture.cases()).isNotEmpty();
            for (String name : fixture.cases()) {
                int[] tokens = fixture.ints(name + ".tokens");
                float[] hidden = fixture.floats(name + ".hidden");
                LayerRun.Rows whole = run.run(tokens, hidden, run.maxRows());
                checkHidden(name, whole.hidden(), fixture.floats(name + ".draft_hidden"), run.width);
                checkLogits(name, whole.logits(), fixture.floats(name + ".draft_logits"));
                assertThat(sets(whole.selected(), run.selectionWidth))
                        .as(name + ".selected")
                        .isEqualTo(sets(fixture.ints(name + ".selected"), width(fixture, name)));
                int[] anchors = fixture.ints(name + ".anchors");
                int[] chains = fixture.ints(name + ".chains");
                assertThat(run.chains(tokens, hidden, anchors, chains.length / anchors.length))
                        .as(name + ".chains")
                        .isEqualTo(chains);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void bitsDoNotDependOnSteps(String selector) {
        try (MtpFixture fixture = MtpFixture.open();
                LayerRun run = open(selector, fixture)) {
            for (String name : fixture.cases()) {
                int[] tokens = fixture.ints(name + ".tokens");
                float[] hidden = fixture.floats(name + ".hidden");
                LayerRun.Rows whole = run.run(tokens, hidden, run.maxRows());
                for (int chunk : new int[] {1, 7, 64}) {
                    LayerRun.Rows cut = run.run(tokens, hidden, chunk);
                    String what = name + " in chunks of " + chunk;
                    assertThat(Arrays.equals(cut.hidden(), whole.hidden()))
                            .as(what)
                            .isTrue();
                    assertThat(Arrays.equals(cut.logits(), whole.logits()))
                            .as(what)
                            .isTrue();
                    assertThat(cut.selected()).as(what).isEqualTo(whole.selected());
                    assertThat(cut.drafts()).as(what).isEqualTo(whole.drafts());
                }
            }
        }
    }

    private static LayerRun open(String selector, MtpFixture fixture) {
        int longest = fixture.cases().stream()
                .mapToInt(name -> fixture.ints(name + ".tokens").length)
                .max()
                .orElseThrow();
        return new LayerRun(DeviceOptions.of(selector).withThreads(1).withExact(true), longest);
    }

    private static int width(MtpFixture fixture, String name) {
        return fixture.ints(name + ".selected").length / (fixture.ints(name + ".tokens").length - 1);
    }

    private static void checkHidden(String name, float[] got, float[] expected, int width) {
        assertThat(got).as(name + ".draft_hidden").hasSameSizeAs(expected);
        for (int at = 0; at < got.length; at += width) {
            double norm = 0;
            double error = 0;
            for (int i = at; i < at + width; i++) {
                double d = got[i] - expected[i];
                norm += expected[i] * expected[i];
                error += d * d;
            }
            assertThat(Math.sqrt(error / norm))
                    .as(name + ".draft_hidden row " + at / width)
                    .isLessThanOrEqualTo(HIDDEN_TOLERANCE);
        }
    }

    /** The fixture holds the last rows only. */
    private static void checkLogits(String name, float[] got, float[] expected) {
        assertThat(expected).as(name + ".draft_logits").isNotEmpty();
        int skip = got.length - expected.length;
        assertThat(skip).isNotNegative();
        float largest = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(got[skip + i] - expected[i]));
        }
        assertThat((double) largest).as(name + ".draft_logits").isLessThanOrEqualTo(LOGIT_TOLERANCE);
    }

    /** Rows of indices without the −1 behind the last. */
    private static List<List<Integer>> sets(int[] values, int width) {
        return java.util.stream.IntStream.range(0, values.length / width)
                .mapToObj(r -> Arrays.stream(values, r * width, (r + 1) * width)
                        .filter(v -> v >= 0)
                        .boxed()
                        .toList())
                .toList();
    }
}
