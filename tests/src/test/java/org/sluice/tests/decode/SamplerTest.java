package org.sluice.tests.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.sluice.decode.Sampler;
import org.sluice.decode.SamplerOptions;
import org.sluice.error.InvalidRequestException;

/** The sampler against the definitions of its filters, computed the slow way. */
class SamplerTest {
    private static final int DRAWS = 20_000;
    private static final long SEED = Long.getLong("sluice.seed", 20260713L);

    private static int[] draw(SamplerOptions o, float[] logits, int n, int... seen) {
        Sampler s = new Sampler(o, logits.length);
        for (int t : seen) {
            s.see(t);
        }
        MemorySegment row = MemorySegment.ofArray(logits);
        return IntStream.range(0, n).map(i -> s.sample(row, 0)).toArray();
    }

    private static SamplerOptions options(double temperature, int topK, double topP, double minP, double penalty) {
        return new SamplerOptions(temperature, topK, topP, minP, penalty, SEED);
    }

    @Test
    void greedyTakesTheSmallerOfEquals() {
        assertThat(draw(SamplerOptions.GREEDY, new float[] {-5, 2, 7, 7, 1, 7}, 2))
                .containsOnly(2);
        assertThat(draw(SamplerOptions.GREEDY, new float[] {-5, -5, -5}, 1)).containsOnly(0);
        float below = Float.NEGATIVE_INFINITY;
        assertThat(draw(SamplerOptions.GREEDY, new float[] {below, below, -3, below}, 1))
                .containsOnly(2);
    }

    @Test
    void paddingAndOffsetAreLookedPast() {
        float[] rows = {9, 9, 9, 9, 1, 2, 3, 50};
        assertThat(new Sampler(SamplerOptions.GREEDY, 3).sample(MemorySegment.ofArray(rows), 16))
                .isEqualTo(2);
    }

    @RepeatedTest(40)
    void frequenciesFollowTheDefinition(RepetitionInfo info) {
        SplittableRandom r = new SplittableRandom(SEED + info.getCurrentRepetition());
        int n = r.nextInt(1, 80);
        float[] logits = new float[n];
        for (int i = 0; i < n; i++) {
            // whole numbers make ties at the edges of the filters
            logits[i] = r.nextInt(3) == 0 ? r.nextInt(-3, 4) : (float) (2 * r.nextGaussian());
        }
        SamplerOptions o = options(
                r.nextDouble(0.3, 2),
                r.nextBoolean() ? 0 : r.nextInt(1, n + 3),
                r.nextBoolean() ? 1 : r.nextDouble(0.05, 1),
                r.nextBoolean() ? 0 : r.nextDouble(0, 0.6),
                r.nextBoolean() ? 1 : r.nextDouble(0.5, 2));
        int[] seen = r.ints(3, 0, n).toArray();
        double[] expected = distribution(o, logits, seen);
        int[] counts = new int[n];
        for (int t : draw(o, logits, DRAWS, seen)) {
            counts[t]++;
        }
        for (int t = 0; t < n; t++) {
            if (expected[t] == 0) {
                assertThat(counts[t]).as("filtered token " + t + " of " + o).isZero();
            }
        }
        chiSquare(counts, expected, o.toString());
    }

    /** Penalty, temperature, top-k, top-p and min-p as their definitions say, with a full sort. */
    private static double[] distribution(SamplerOptions o, float[] logits, int[] seen) {
        int n = logits.length;
        float[] x = logits.clone();
        Arrays.stream(seen)
                .distinct()
                .forEach(t ->
                        x[t] = x[t] > 0 ? x[t] / (float) o.repetitionPenalty() : x[t] * (float) o.repetitionPenalty());
        List<Integer> order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer t) -> -(double) x[t])
                        .thenComparing(t -> t))
                .limit(o.topK() == 0 ? n : o.topK())
                .toList();
        double largest = x[order.getFirst()];
        double[] p = new double[n];
        for (int t : order) {
            p[t] = Math.exp((x[t] - largest) / o.temperature());
        }
        double sum = Arrays.stream(p).sum();
        double reached = 0;
        for (int t : order) {
            boolean outside = o.topP() < 1 && reached >= o.topP() * sum;
            reached += p[t];
            p[t] = outside || p[t] < o.minP() ? 0 : p[t];
        }
        double rest = Arrays.stream(p).sum();
        return Arrays.stream(p).map(v -> v / rest).toArray();
    }

    /** Cells with few expected draws are joined; the bound is six deviations above the mean. */
    private static void chiSquare(int[] counts, double[] expected, String what) {
        double sum = 0;
        int cells = 0;
        double fewWanted = 0;
        int few = 0;
        for (int t = 0; t < counts.length; t++) {
            double want = expected[t] * DRAWS;
            if (want < 10) {
                fewWanted += want;
                few += counts[t];
            } else {
                sum += (counts[t] - want) * (counts[t] - want) / want;
                cells++;
            }
        }
        if (fewWanted >= 10) {
            sum += (few - fewWanted) * (few - fewWanted) / fewWanted;
            cells++;
        } else {
            assertThat((double) few).as(what).isLessThanOrEqualTo(fewWanted + 8 * Math.sqrt(fewWanted + 1));
        }
        double freedom = Math.max(1, cells - 1);
        assertThat(sum).as("chi-square of " + what).isLessThanOrEqualTo(freedom + 6 * Math.sqrt(2 * freedom) + 6);
    }

    @Test
    void penaltyPushesSeenTokensDown() {
        float[] logits = {2, 1.9f, -1};
        assertThat(draw(options(0, 0, 1, 0, 1.5), logits, 1, 0)).containsOnly(1);
        assertThat(draw(options(0, 0, 1, 0, 1.5), new float[] {-1, -1.2f}, 1, 0))
                .containsOnly(1);
        assertThat(draw(options(0, 0, 1, 0, 1), logits, 1, 0)).containsOnly(0);
        // seen twice counts once
        assertThat(draw(options(0, 0, 1, 0, 1.04), logits, 1, 0, 0, 0)).containsOnly(0);
    }

    @Test
    void theSameSeedGivesTheSameAnswer() {
        float[] logits = new float[500];
        SplittableRandom r = new SplittableRandom(SEED);
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) r.nextGaussian();
        }
        SamplerOptions o = options(1, 0, 0.95, 0, 1);
        int[] first = draw(o, logits, 200);
        assertThat(draw(o, logits, 200)).isEqualTo(first);
        assertThat(draw(o.withSeed(o.seed() + 1), logits, 200)).isNotEqualTo(first);
    }

    @Test
    void nonsenseIsRefused() {
        for (double bad : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY, 101}) {
            assertThatThrownBy(() -> options(bad, 0, 1, 0, 1)).isInstanceOf(InvalidRequestException.class);
        }
        assertThatThrownBy(() -> options(1, -1, 1, 0, 1)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> options(1, 0, 1.1, 0, 1)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> options(1, 0, 1, -0.1, 1)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> options(1, 0, 1, 0, 0)).isInstanceOf(InvalidRequestException.class);
    }
}
