package org.sluice.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Draft lengths against simulated texts and machines whose best length is known. */
class DraftLengthTest {
    private static final int MOST = 8;

    private final SplittableRandom random = new SplittableRandom(5);
    private final DraftLength length = new DraftLength(MOST, true);
    private final int[] used = new int[MOST + 1];

    /** Acceptance of each position, cost of the first row, of a further row, and of a draft. */
    private record World(double right, double step, double row, double draft) {
        double time(int k) {
            return step + k * (row + draft);
        }

        double rate(int k) {
            double tokens = 1;
            double chance = 1;
            for (int i = 0; i < k; i++) {
                chance *= right;
                tokens += chance;
            }
            return tokens / time(k);
        }

        int best() {
            int best = 0;
            for (int k = 1; k <= MOST; k++) {
                best = rate(k) > rate(best) ? k : best;
            }
            return best;
        }
    }

    /** Plays rounds and returns tokens per time. */
    private double play(World w, int rounds) {
        java.util.Arrays.fill(used, 0);
        double tokens = 0;
        double time = 0;
        for (int r = 0; r < rounds; r++) {
            int k = length.next();
            used[k]++;
            int accepted = 0;
            while (accepted < k && random.nextDouble() < w.right) {
                accepted++;
            }
            // a machine is never quiet: some noise, and now and then something ten times as long
            double noise = 0.95 + 0.1 * random.nextDouble();
            double took = w.time(k) * noise;
            length.measured(k, accepted, Math.round(1e6 * (random.nextInt(50) == 0 ? 10 * took : took)));
            tokens += 1 + accepted;
            time += took;
        }
        return tokens / time;
    }

    @ParameterizedTest
    @CsvSource({"0.9, 1, 0.05, 0.1", "0.7, 1, 0.1, 0.1", "0.5, 1, 0.2, 0.1", "0.3, 1, 0.3, 0.3", "0.95, 1, 0.0, 0.02"})
    void comesCloseToTheBestFixedLength(double right, double step, double row, double draft) {
        World w = new World(right, step, row, draft);
        play(w, 100);
        assertThat(play(w, 4_000)).isGreaterThan(0.93 * w.rate(w.best()));
    }

    @Test
    void stopsWhereDraftsDoNotPay() {
        play(new World(0.05, 1, 0.5, 0.3), 200);
        play(new World(0.05, 1, 0.5, 0.3), 2_000);
        assertThat(used[0]).isGreaterThan(1_800);
    }

    @Test
    void startsAgainWhereTheyPayAgain() {
        World bad = new World(0.02, 1, 0.3, 0.1);
        World good = new World(0.9, 1, 0.1, 0.1);
        play(bad, 1_000);
        assertThat(used[0]).isGreaterThan(800);
        play(good, 500);
        assertThat(play(good, 1_000)).isGreaterThan(0.9 * good.rate(good.best()));
    }

    @Test
    void followsCosts() {
        World cheap = new World(0.8, 1, 0.02, 0.02);
        World dear = new World(0.8, 1, 0.9, 0.3);
        play(cheap, 500);
        assertThat(play(cheap, 1_000)).isGreaterThan(0.9 * cheap.rate(cheap.best()));
        play(dear, 1_500);
        assertThat(play(dear, 1_000)).isGreaterThan(0.9 * dear.rate(dear.best()));
        play(cheap, 1_500);
        assertThat(play(cheap, 1_000)).isGreaterThan(0.9 * cheap.rate(cheap.best()));
    }

    @Test
    void asksOnThoughADrafterMayHaveNothing() {
        for (int i = 0; i < 300; i++) {
            length.next();
            length.measured(0, 0, 1_000);
        }
        assertThat(play(new World(0.9, 1, 0.05, 0.0), 200)).isPositive();
        assertThat(used[0]).isLessThan(100);
    }

    @Test
    void aFixedLengthStays() {
        DraftLength fixed = new DraftLength(3, false);
        for (int i = 0; i < 100; i++) {
            assertThat(fixed.next()).isEqualTo(3);
            fixed.measured(3, 0, 1);
        }
    }
}
