package org.sluice.tests.ops;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;

/** How an output of a step is compared with the reference's. */
@FunctionalInterface
interface Expect {
    /**
     * Compares.
     *
     * @param run number of the step
     * @param arithmetic what the device may round
     * @throws AssertionError where the device is wrong
     */
    void check(int run, Arithmetic arithmetic, Map<String, Data> reference, Map<String, Data> got);

    /** Bounds of a step's output, as long as the output. */
    @FunctionalInterface
    interface Bounds {
        double[] of(int run, Arithmetic arithmetic);
    }

    /** Positions chosen by score, and how sure the scores are. */
    @FunctionalInterface
    interface Choice {
        Products.Bounded scores(int run, int row, Arithmetic arithmetic);
    }

    /** Below the smallest normal number devices may flush to zero. */
    double ABSOLUTE = 1e-36;

    /** The same bits, except that the sign of a zero does not count. */
    static Expect equal(String name) {
        return (run, arithmetic, reference, got) -> {
            switch (Data.in(reference, name)) {
                case Data.Ints i ->
                    Assertions.assertThat(Data.in(got, name).ints())
                            .as(name + " of step " + run)
                            .isEqualTo(i.values());
                case Data.Floats f ->
                    near(name, (r, a) -> new double[f.values().length]).check(run, arithmetic, reference, got);
            }
        };
    }

    /** {@code |got − reference| ≤ bound}, infinities and NaN where the reference has them. */
    static Expect near(String name, Bounds bounds) {
        return (run, arithmetic, reference, got) -> {
            float[] want = Data.in(reference, name).floats();
            float[] have = Data.in(got, name).floats();
            double[] bound = bounds.of(run, arithmetic);
            if (have.length != want.length || bound.length != want.length) {
                throw new AssertionError(name + " of step " + run + " has " + have.length + " numbers, " + want.length
                        + " are expected, with " + bound.length + " bounds");
            }
            for (int i = 0; i < want.length; i++) {
                double allowed = bound[i] == 0 ? 0 : bound[i] + ABSOLUTE;
                // both sides round their result once more
                allowed += bound[i] == 0 ? 0 : Arithmetic.U * Math.abs(want[i]);
                boolean same = Float.compare(have[i], want[i]) == 0 || have[i] == want[i];
                if (!same && !(Math.abs((double) have[i] - want[i]) <= allowed)) {
                    throw new AssertionError(name + "[" + i + "] of step " + run + " is " + have[i] + ", not " + want[i]
                            + ": off by " + Math.abs((double) have[i] - want[i]) + ", allowed are " + allowed);
                }
            }
        };
    }

    /**
     * Rows of {@code k} ascending positions, −1 behind the last: the reference's, except that positions whose scores the
     * device cannot tell from the k-th largest may be exchanged. Scores that are equal exactly can be told apart: the
     * smaller position wins.
     */
    static Expect selection(String name, int k, Choice choice) {
        return (run, arithmetic, reference, got) -> {
            int[] want = Data.in(reference, name).ints();
            int[] have = Data.in(got, name).ints();
            Assertions.assertThat(have).as(name + " of step " + run).hasSameSizeAs(want);
            for (int r = 0; r < want.length / k; r++) {
                int[] a = Arrays.copyOfRange(want, r * k, (r + 1) * k);
                int[] b = Arrays.copyOfRange(have, r * k, (r + 1) * k);
                if (!Arrays.equals(a, b)) {
                    exchange(name + " row " + r + " of step " + run, a, b, choice.scores(run, r, arithmetic));
                }
            }
        };
    }

    private static void exchange(String where, int[] want, int[] have, Products.Bounded scores) {
        TreeSet<Integer> lost = new TreeSet<>(Arrays.stream(want).boxed().toList());
        TreeSet<Integer> found = new TreeSet<>(Arrays.stream(have).boxed().toList());
        String both = where + ": " + Arrays.toString(have) + ", not " + Arrays.toString(want);
        for (int i = 1; i < have.length; i++) {
            if (have[i] >= 0 ? have[i] <= have[i - 1] : have[i] != -1) {
                throw new AssertionError(both + ": not ascending");
            }
        }
        TreeSet<Integer> kept = new TreeSet<>(lost);
        kept.retainAll(found);
        lost.removeAll(kept);
        found.removeAll(kept);
        if (lost.size() != found.size() || lost.contains(-1) || found.contains(-1)) {
            throw new AssertionError(both + ": another number of positions");
        }
        for (int l : lost) {
            for (int f : found) {
                double gap = scores.values()[l] - scores.values()[f];
                double margin = scores.errors()[l] + scores.errors()[f];
                if (gap > margin || (gap == 0 && l < f)) {
                    throw new AssertionError(both + ": scores of " + l + " and " + f + " differ by " + gap
                            + ", at most " + margin + " can be overlooked");
                }
            }
        }
    }
}
