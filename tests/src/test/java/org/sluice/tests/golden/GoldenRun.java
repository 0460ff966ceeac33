package org.sluice.tests.golden;

import java.util.ArrayList;
import java.util.List;

/** Goldens and the demonstration model's answers on one device, without a test framework. */
public final class GoldenRun {
    private GoldenRun() {}

    /** What was wrong, with the golden it was wrong on; empty where all agree. */
    public static List<String> failures(String selector) {
        List<String> failures = new ArrayList<>();
        for (Golden g : Golden.all()) {
            attempt(failures, "golden " + g, () -> {
                new GoldenTest().equalsTheReferenceUnderItsSelections(g, selector);
                new GoldenTest().equalsTheReferenceUpToTheFirstTie(g, selector);
            });
        }
        attempt(failures, "demonstration model", () -> new DemoAnswersTest().answersTokenForToken(selector));
        return failures;
    }

    private static void attempt(List<String> failures, String what, Runnable check) {
        try {
            check.run();
        } catch (AssertionError | RuntimeException e) {
            failures.add(what + ": " + e.getMessage());
        }
    }
}
