package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sluice.Engine;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Drafts;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;

/** Sessions that last, drafting all the while: each of their rounds gives as many tokens as in a session of its own. */
class SessionsTest {
    private static final int K = 3;

    private final List<Answers.Case> cases =
            Answers.own().cases().stream().filter(c -> c.prompt().length < 150).toList();
    private Engine engine;

    @BeforeEach
    void load() {
        engine = Engine.load(Fixtures.ownDemoModel(), Run.exact(Run.DEVICE, Drafts.of(K), 600));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static void same(Generation got, Generation alone) {
        assertThat(got.tokens()).isEqualTo(alone.tokens());
        assertThat(got.drafts().tokens()).isEqualTo(alone.drafts().tokens());
    }

    @Test
    void laterTurnsDraftFromTrueRows() {
        try (Session s = engine.newSession()) {
            int[] conversation = {};
            for (int turn = 0; turn < 5; turn++) {
                Answers.Case c = cases.get(turn);
                int held = s.length();
                conversation = concat(conversation, c.prompt());
                Generation g = Run.generate(s, conversation, Run.greedy(60, c.stop()));
                same(g, Run.alone(engine, conversation, Run.greedy(60, c.stop())));
                assertThat(g.reusedTokens()).as("turn " + turn).isGreaterThanOrEqualTo(held - 1);
                conversation = concat(conversation, g.tokens());
            }
        }
    }

    private static int[] concat(int[] a, int[] b) {
        int[] c = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, c, a.length, b.length);
        return c;
    }

    @Test
    void aTruncatedSessionGoesOn() {
        Answers.Case c = cases.getFirst();
        Generation alone = Run.alone(engine, c.prompt(), Run.greedy(60, c.stop()));
        try (Session s = engine.newSession()) {
            for (int cut = c.prompt().length + 20; cut >= 0; cut -= 5) {
                Run.generate(s, c.prompt(), Run.greedy(60, c.stop()));
                s.truncate(cut);
                assertThat(s.length()).isEqualTo(cut);
                same(Run.generate(s, c.prompt(), Run.greedy(60, c.stop())), alone);
            }
        }
    }

    @Test
    void anotherEndOfThePromptIsNoticed() {
        Answers.Case c = cases.getFirst();
        int[] other = c.prompt().clone();
        other[other.length / 2] = other[other.length / 2] ^ 1;
        Generation alone = Run.alone(engine, other, Run.greedy(40, c.stop()));
        try (Session s = engine.newSession()) {
            Run.generate(s, c.prompt(), Run.greedy(60, c.stop()));
            same(Run.generate(s, other, Run.greedy(40, c.stop())), alone);
        }
    }

    @Test
    void cancelledWhileThePromptWasComputed() {
        Answers.Case c =
                cases.stream().filter(a -> a.prompt().length > 100).findFirst().orElseThrow();
        Generation alone = Run.alone(engine, c.prompt(), Run.greedy(60, c.stop()));
        try (Session s = engine.newSession()) {
            CancelToken cancel = new CancelToken();
            Generation g = s.generate(
                    c.prompt(),
                    Run.greedy(60, c.stop()),
                    TokenListener.NONE,
                    (phase, done, all) -> cancel.cancel(),
                    cancel);
            assertThat(g.reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(g.tokens()).isEmpty();
            assertThat(s.length()).isBetween(1, c.prompt().length - 1);
            Generation again = Run.generate(s, c.prompt(), Run.greedy(60, c.stop()));
            assertThat(again.reusedTokens()).isPositive();
            same(again, alone);
        }
    }

    @Test
    void aFailureBeforeTheFirstTokenCostsNoDrafts() {
        Answers.Case c = cases.getFirst();
        Generation alone = Run.alone(engine, c.prompt(), Run.greedy(60, c.stop()));
        try (Session s = engine.newSession()) {
            try {
                Run.generate(s, c.prompt(), Run.greedy(60, c.stop()), (index, token) -> {
                    throw new IllegalStateException("the listener's own");
                });
            } catch (IllegalStateException e) {
                assertThat(s.length()).isEqualTo(c.prompt().length);
            }
            same(Run.generate(s, c.prompt(), Run.greedy(60, c.stop())), alone);
        }
    }

    @Test
    void sessionsOfTwoThreadsDoNotMeet() throws Exception {
        List<Generation> alone = new ArrayList<>();
        for (Answers.Case c : cases) {
            alone.add(Run.alone(engine, c.prompt(), Run.greedy(60, c.stop())));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                int first = t;
                all.add(threads.submit(() -> {
                    try (Session s = engine.newSession()) {
                        for (int i = first; i < cases.size(); i += 2) {
                            Answers.Case c = cases.get(i);
                            same(Run.generate(s, c.prompt(), Run.greedy(60, c.stop())), alone.get(i));
                        }
                    }
                }));
            }
            for (Future<?> f : all) {
                f.get();
            }
        }
    }
}
