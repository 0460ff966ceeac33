package org.sluice.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.sluice.tests.golden.TracedRun.Trace;

/**
 * Where an indexer's scores cannot decide: torch.topk breaks ties as it likes, Sluice takes the smaller position. Scores tie
 * most often at exactly 0, where no head's product is positive.
 */
final class Ties {
    /** Relative to the row's largest score: what two float32 computations of the same score may differ by. */
    private static final double MARGIN = 1e-6;

    private Ties() {}

    /** Whether the k-th largest score and the next one cannot be told apart. */
    static boolean tied(float[] scores, int k) {
        if (scores.length <= k) {
            return false;
        }
        float[] sorted = scores.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - k] - sorted[sorted.length - k - 1] <= margin(scores);
    }

    /** Fails unless a run chose in every layer and row of a prompt what the reference did, up to ties. */
    static void assertSame(TracedRun run, Golden.Expected expected, int prompt, Trace got) {
        int rows = expected.tokens(prompt).length;
        for (String layer : run.givenLayers()) {
            int k = run.topK(layer);
            int[] theirs = expected.selected(prompt, layer, k);
            int[] ours = got.ints().get("selected." + layer);
            assertThat(ours).hasSameSizeAs(theirs);
            for (int r = 0; r < rows; r++) {
                assertSame(
                        "prompt " + prompt + " layer " + layer + " row " + r,
                        Arrays.copyOfRange(ours, r * k, (r + 1) * k),
                        Arrays.copyOfRange(theirs, r * k, (r + 1) * k),
                        got.scores(layer)[r]);
            }
        }
    }

    /** Fails unless both selections are the k largest, up to an exchange of positions that tie with the k-th. */
    private static void assertSame(String where, int[] got, int[] expected, float[] scores) {
        Set<Integer> mine = set(got);
        Set<Integer> other = set(expected);
        assertThat(mine).as(where).hasSameSizeAs(other).hasSize(Math.min(got.length, scores.length));
        if (mine.equals(other)) {
            return;
        }
        float[] sorted = scores.clone();
        Arrays.sort(sorted);
        float threshold = sorted[sorted.length - got.length];
        Set<Integer> exchanged = new TreeSet<>(mine);
        exchanged.addAll(other);
        exchanged.removeIf(p -> mine.contains(p) && other.contains(p));
        for (int p : exchanged) {
            assertThat(Math.abs((double) scores[p] - threshold))
                    .as(where + ": position " + p + " is chosen by one side only")
                    .isLessThanOrEqualTo(margin(scores));
        }
    }

    private static double margin(float[] scores) {
        double largest = 0;
        for (float s : scores) {
            largest = Math.max(largest, Math.abs(s));
        }
        return MARGIN * largest;
    }

    private static Set<Integer> set(int[] row) {
        return Arrays.stream(row).filter(p -> p >= 0).boxed().collect(Collectors.toCollection(TreeSet::new));
    }
}
