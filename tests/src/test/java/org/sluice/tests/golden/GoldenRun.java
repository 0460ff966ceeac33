package org.sluice.tests.golden;

import java.util.ArrayList;
import java.util.List;

/** Goldens and the demonstration model's answers on one device, without a test framework. */
public final class GoldenRun {
    /**
     * How they went.
     *
     * @param passed names of those that agree
     * @param failures what was wrong, with the golden it was wrong on
     */
    public record Tally(List<String> passed, List<String> failures) {}

    private GoldenRun() {}

    /** Runs all of them. */
    public static Tally run(String selector) {
        Tally tally = new Tally(new ArrayList<>(), new ArrayList<>());
        for (Golden g : Golden.all()) {
            attempt(tally, g.toString(), () -> {
                new GoldenTest().equalsTheReferenceUnderItsSelections(g, selector);
                new GoldenTest().equalsTheReferenceUpToTheFirstTie(g, selector);
                new GoldenTest().continuesGreedilyAsTheReference(g, selector);
            });
        }
        attempt(tally, "demonstration model", () -> new DemoAnswersTest().answersTokenForToken(selector));
        return tally;
    }

    /** Runs the first prompt of one of them, which is short: for an emulated device. */
    public static Tally runOne(String selector) {
        Tally tally = new Tally(new ArrayList<>(), new ArrayList<>());
        Golden g = Golden.all().getFirst();
        attempt(tally, "first prompt of " + g, () -> {
            try (Golden.Expected expected = g.expected();
                    TracedRun run = GoldenTest.open(g, expected, selector, 1, GoldenTest.FORCED)) {
                int[] tokens = expected.tokens(0);
                Compare.check(
                        expected, 0, run.run(tokens, tokens.length, GoldenTest.given(run, expected, 0)), tokens.length);
            }
        });
        return tally;
    }

    private static void attempt(Tally tally, String what, Runnable check) {
        try {
            check.run();
            tally.passed().add(what);
        } catch (AssertionError | RuntimeException e) {
            tally.failures().add(what + ": " + e.getMessage());
        }
    }
}
