package org.sluice.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Sequence;
import org.sluice.model.GraphOptions;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;
import org.sluice.tests.golden.TracedRun.Trace;

/**
 * Every golden on every device in exact arithmetic: logits, residual streams, selections, routes and greedy tokens as the
 * reference implementation computes them, and the same bits however the prompt is cut into steps.
 *
 * <p>Where scores of an indexer tie, reference and Sluice may rightly choose different positions, and everything behind
 * that row differs. So attention is given the reference's choices, under which everything must agree everywhere, and our
 * own choices are compared apart ({@link Ties}).
 */
@Tag("fixtures")
class GoldenTest {
    /** A test that met more ties than this would compare too little. */
    private static final double MOST_TIES = 0.25;

    static final GraphOptions FORCED = new GraphOptions(true, true, true);
    private static final GraphOptions FORCED_FUSED = new GraphOptions(true, false, true);
    private static final GraphOptions FREE = new GraphOptions(true, false, false);

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

    static TracedRun open(Golden golden, Golden.Expected expected, String device, int threads, GraphOptions o) {
        return new TracedRun(
                golden.folder(), DeviceOptions.of(device).withThreads(threads).withExact(true), o, expected.longest());
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldensAndDevices")
    void equalsTheReferenceUnderItsSelections(Golden golden, String device) {
        try (Golden.Expected expected = golden.expected();
                TracedRun run = open(golden, expected, device, 2, FORCED);
                TracedRun fused = open(golden, expected, device, 2, FORCED_FUSED)) {
            assertThat(expected.prompts()).isPositive();
            int chosen = 0;
            int tied = 0;
            for (int p = 0; p < expected.prompts(); p++) {
                int[] tokens = expected.tokens(p);
                Map<String, int[]> given = given(run, expected, p);
                Trace whole = run.run(tokens, tokens.length, given);
                Compare.check(expected, p, whole, tokens.length);
                Ties.assertSame(run, expected, p, whole);
                for (String layer : run.givenLayers()) {
                    int k = run.topK(layer);
                    for (int r = 0; r < tokens.length; r++) {
                        chosen += r >= k ? 1 : 0;
                        tied += Ties.tied(whole.scores(layer)[r], k) ? 1 : 0;
                    }
                }
                for (int chunk : new int[] {1, 7, 64}) {
                    assertThat(run.run(tokens, chunk, given).differences(whole))
                            .as("prompt " + p + " in chunks of " + chunk)
                            .isEmpty();
                }
                // the same without the scores as an output, so that scoring and choosing may be one
                assertThat(fused.run(tokens, tokens.length, given).differences(whole))
                        .as("prompt " + p + " fused")
                        .isEmpty();
            }
            assertThat((double) tied).as("rows with a tie, of " + chosen).isLessThanOrEqualTo(MOST_TIES * chosen);
        }
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldensAndDevices")
    void equalsTheReferenceUpToTheFirstTie(Golden golden, String device) {
        try (Golden.Expected expected = golden.expected();
                TracedRun forced = open(golden, expected, device, 2, FORCED);
                TracedRun one = open(golden, expected, device, 1, FREE);
                TracedRun two = open(golden, expected, device, 2, FREE);
                TracedRun three = open(golden, expected, device, 3, FREE)) {
            for (int p = 0; p < expected.prompts(); p++) {
                int[] tokens = expected.tokens(p);
                int rows = rowsBeforeTie(forced, expected, p);
                Trace whole = two.run(tokens, tokens.length, Map.of());
                Compare.check(expected, p, whole, rows);
                for (String layer : forced.givenLayers()) {
                    int k = forced.topK(layer);
                    assertThat(Arrays.copyOf(whole.ints().get("selected." + layer), rows * k))
                            .as("prompt " + p + " selected." + layer)
                            .isEqualTo(Arrays.copyOf(expected.selected(p, layer, k), rows * k));
                }
                for (int chunk : new int[] {1, 7, 50, 64}) {
                    assertThat(two.run(tokens, chunk, Map.of()).differences(whole))
                            .as("prompt " + p + " in chunks of " + chunk)
                            .isEmpty();
                }
                assertThat(one.run(tokens, 50, Map.of()).differences(whole))
                        .as("one thread")
                        .isEmpty();
                assertThat(three.run(tokens, 50, Map.of()).differences(whole))
                        .as("three threads")
                        .isEmpty();
            }
        }
    }

    /** Rows before the first whose selection ties in any layer; all where none does. */
    private static int rowsBeforeTie(TracedRun forced, Golden.Expected expected, int p) {
        int[] tokens = expected.tokens(p);
        Trace trace = forced.run(tokens, tokens.length, given(forced, expected, p));
        for (int r = 0; r < tokens.length; r++) {
            for (String layer : forced.givenLayers()) {
                if (Ties.tied(trace.scores(layer)[r], forced.topK(layer))) {
                    return r;
                }
            }
        }
        return tokens.length;
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldensAndDevices")
    void continuesGreedilyAsTheReference(Golden golden, String device) {
        try (Golden.Expected expected = golden.expected();
                TracedRun run = open(golden, expected, device, 2, FORCED)) {
            int compared = 0;
            for (int p = 0; p < expected.prompts(); p++) {
                compared += greedy(run, expected, p);
            }
            Logger.getLogger(GoldenTest.class.getName())
                    .info(golden + " on " + device + ": " + compared + " greedy tokens compared");
            assertThat(compared).isGreaterThanOrEqualTo(run.givenLayers().isEmpty() && Fixtures.areOwn() ? 24 : 1);
        }
    }

    /**
     * Compares the tokens of one prompt until a row's selection ties; returns how many. Behind a prompt with a tie only the
     * first can be compared: the reference breaks the tie in another way once the sequence has grown.
     */
    private static int greedy(TracedRun run, Golden.Expected expected, int p) {
        int[] prompt = expected.tokens(p);
        boolean tied = rowsBeforeTie(run, expected, p) < prompt.length;
        int[] greedy = expected.ints("prompt" + p + ".greedy");
        int[] tokens = Arrays.copyOf(prompt, prompt.length + greedy.length);
        try (Sequence s = run.newSequence()) {
            run.step(s, tokens, 0, prompt.length, given(run, expected, p), 0);
            int row = prompt.length - 1;
            for (int n = 0; n < greedy.length; n++) {
                tokens[prompt.length + n] = run.argMax(row);
                assertThat(tokens[prompt.length + n])
                        .as("prompt " + p + " greedy token " + n)
                        .isEqualTo(greedy[n]);
                if (tied || n + 1 == greedy.length || !decode(run, s, tokens, prompt.length + n)) {
                    return n + 1;
                }
                row = 0;
            }
        }
        return greedy.length;
    }

    /**
     * Runs one row under its own selections: layer by layer they settle, since a layer's scores depend on the selections of
     * the layers before it only.
     *
     * @return whether all of them are beyond doubt
     */
    private static boolean decode(TracedRun run, Sequence s, int[] tokens, int at) {
        Map<String, int[]> guess = new HashMap<>();
        for (String layer : run.givenLayers()) {
            int[] first = new int[run.topK(layer)];
            Arrays.setAll(first, i -> i <= at ? i : -1);
            guess.put(layer, first);
        }
        for (int pass = 0; pass <= run.givenLayers().size(); pass++) {
            run.step(s, tokens, at, 1, guess, 0);
            boolean settled = true;
            for (String layer : run.givenLayers()) {
                int[] own = run.selected(layer, 0);
                settled &= Arrays.equals(own, guess.put(layer, own));
            }
            if (settled) {
                return run.givenLayers().stream().noneMatch(l -> Ties.tied(run.scores(l, at + 1), run.topK(l)));
            }
            s.truncate(at);
        }
        throw new AssertionError("the selections of row " + at + " do not settle");
    }

    static Map<String, int[]> given(TracedRun run, Golden.Expected expected, int p) {
        Map<String, int[]> given = new HashMap<>();
        run.givenLayers().forEach(l -> given.put(l, expected.selected(p, l, run.topK(l))));
        return given;
    }
}
