package org.sluice.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Who takes part in steps, over many steps: limits are kept, rounds are whole, and nobody waits longer than a share takes. */
class StepPlanTest {
    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));
    private long beginnings;

    @SuppressWarnings("NullAway") // a plan looks at numbers only
    private StepRows request(int from, int to, int wantFrom, boolean whole) {
        StepRows r = new StepRows(null, null, new ReentrantLock().newCondition(), beginnings++);
        return r.ask(new int[0], from, to, wantFrom, whole, MemorySegment.NULL, null);
    }

    /** A round of a token and some drafts, all of whose results are wanted. */
    private StepRows round(int drafts) {
        return request(100, 101 + drafts, 100, true);
    }

    private StepRows prompt(int rows) {
        return request(0, rows, rows - 1, false);
    }

    /** One step as the queue runs it: those that were chosen come back at the end of the line, as far as they are not through. */
    private static List<StepRows> step(StepPlan plan, Deque<StepRows> line) {
        line.forEach(r -> r.granted = 0);
        List<StepRows> step = plan.choose(line);
        int rows = step.stream().mapToInt(r -> r.granted).sum();
        int outputs = step.stream().mapToInt(r -> r.outputs(r.granted)).sum();
        assertThat(step).isNotEmpty().doesNotHaveDuplicates();
        assertThat(rows).isBetween(1, plan.maxRows());
        assertThat(outputs).isLessThanOrEqualTo(plan.maxOutputs());
        for (StepRows r : step) {
            assertThat(r.granted).isBetween(1, r.rows());
            assertThat(r.whole && r.granted < r.rows())
                    .as("a round that is cut")
                    .isFalse();
            line.remove(r);
            if (r.whole) {
                line.addLast(r);
            } else if (r.granted < r.rows()) {
                r.from += r.granted;
                line.addLast(r);
            }
        }
        return step;
    }

    @Test
    void nobodyStarves() {
        for (int world = 0; world < 400; world++) {
            int drafts = random.nextInt(9);
            int maxRows = drafts + 1 + random.nextInt(60);
            int maxOutputs = drafts + 1 + random.nextInt(60);
            StepPlan plan = new StepPlan(maxRows, maxOutputs);
            Deque<StepRows> line = new ArrayDeque<>();
            int members = 1 + random.nextInt(30);
            for (int i = 0; i < members; i++) {
                line.add(random.nextBoolean() ? round(random.nextInt(drafts + 1)) : prompt(1 + random.nextInt(5_000)));
            }
            Map<StepRows, Integer> last = new HashMap<>();
            line.forEach(r -> last.put(r, 0));
            // at worst they take turns one by one, prompts and rounds
            int longest = 2 * members + 2;
            for (int n = 1; n < 300 && !line.isEmpty(); n++) {
                for (StepRows r : step(plan, line)) {
                    last.put(r, n);
                }
                for (StepRows r : line) {
                    assertThat(n - last.getOrDefault(r, 0))
                            .as("steps without a row, %d members, %s", members, plan)
                            .isLessThanOrEqualTo(longest);
                }
            }
        }
    }

    @Test
    void aShortPromptThatComesLateTakesAsLongAsItsShare() {
        StepPlan plan = new StepPlan(64, 8);
        Deque<StepRows> line = new ArrayDeque<>();
        for (int i = 0; i < 3; i++) {
            line.add(prompt(1_000_000));
        }
        for (int i = 0; i < 20; i++) {
            step(plan, line);
        }
        StepRows late = prompt(100);
        line.add(late);
        // a fourth of 64 rows is 16
        assertThat(stepsUntilGone(plan, line, late)).isLessThanOrEqualTo(7);
    }

    @Test
    void promptsGetAQuarterHoweverManyDecode() {
        StepPlan plan = new StepPlan(64, 64);
        Deque<StepRows> line = new ArrayDeque<>();
        for (int i = 0; i < 200; i++) {
            line.add(round(0));
        }
        StepRows late = prompt(160);
        line.add(late);
        assertThat(stepsUntilGone(plan, line, late)).isLessThanOrEqualTo(10);
    }

    /** Rounds that could use every result of every step leave one to a prompt that is through but for its last row. */
    @Test
    void promptsGetTheirResultHoweverManyDecode() {
        for (int outputs : new int[] {1, 4, 16}) {
            for (int drafts = 0; drafts < Math.min(outputs, 4); drafts++) {
                StepPlan plan = new StepPlan(512, outputs);
                Deque<StepRows> line = new ArrayDeque<>();
                for (int i = 0; i < 40; i++) {
                    line.add(round(drafts));
                }
                List<StepRows> late = List.of(prompt(20), prompt(1), prompt(130));
                line.addAll(late);
                int n = 0;
                while (late.stream().anyMatch(line::contains)) {
                    step(plan, line);
                    assertThat(++n).as("%d drafts, %d results", drafts, outputs).isLessThan(60);
                }
            }
        }
    }

    @Test
    void roundsTakeTurnsWhereThereIsNoRoomForAll() {
        StepPlan plan = new StepPlan(16, 8);
        Deque<StepRows> line = new ArrayDeque<>();
        List<StepRows> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            StepRows r = round(3);
            all.add(r);
            line.add(r);
        }
        Map<StepRows, Integer> rounds = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            step(plan, line).forEach(r -> rounds.merge(r, 1, Integer::sum));
        }
        // two rounds of four results a step
        assertThat(all).allSatisfy(r -> assertThat(rounds.getOrDefault(r, 0)).isEqualTo(20));
    }

    private static int stepsUntilGone(StepPlan plan, Deque<StepRows> line, StepRows who) {
        int n = 0;
        while (line.contains(who)) {
            step(plan, line);
            n++;
            assertThat(n).isLessThan(1_000);
        }
        return n;
    }
}
