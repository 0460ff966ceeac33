package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Drafts;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.Session;
import org.sluice.decode.StepRunner;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;

/** Answers that end in the middle of a round, at every place of one, and what the session is worth afterwards. */
class RoundEndsTest {
    private static final int K = 5;

    private final Answers.Case c = Answers.own().cases().stream()
            .filter(a -> a.prompt().length < 40 && a.answer().length > 30)
            .findFirst()
            .orElseThrow();
    private Engine engine;

    @BeforeEach
    void load() {
        engine = engine(c.prompt().length + c.answer().length + 40);
    }

    private static Engine engine(int context) {
        return Engine.load(Fixtures.ownDemoModel(), Run.exact(Run.DEVICE, Drafts.of(K), context));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    /** A session whose drafts are right but for some. */
    private Session prophetic(Engine e, double wrong) {
        return new Session(
                new StepRunner(e.program(), e.model()),
                new Prophet(c.prompt(), c.answer(), wrong, 9),
                Drafts.of(K),
                () -> {});
    }

    /** Whatever happened in a session, it goes on as if nothing had. */
    private void goesOn(Session s) {
        assertThat(Run.generate(s, c.prompt(), Run.greedy(100, c.stop())).tokens())
                .isEqualTo(c.answer());
        int[] longer = Arrays.copyOf(c.prompt(), c.prompt().length + 12);
        System.arraycopy(c.answer(), 0, longer, c.prompt().length, 12);
        assertThat(Run.generate(s, longer, Run.greedy(100, c.stop())).tokens())
                .isEqualTo(Arrays.copyOfRange(c.answer(), 12, c.answer().length));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.25, 1})
    void maxTokensReachedInsideARound(double wrong) {
        for (int max = 1; max <= 2 * K + 3; max++) {
            try (Session s = prophetic(engine, wrong);
                    Session own = engine.newSession()) {
                for (Session t : new Session[] {s, own}) {
                    Generation g = Run.generate(t, c.prompt(), Run.greedy(max, c.stop()));
                    assertThat(g.tokens()).isEqualTo(Arrays.copyOf(c.answer(), max));
                    assertThat(g.reason()).isEqualTo(FinishReason.LENGTH);
                    assertThat(t.tokens())
                            .as("the last token is known, not computed")
                            .isEqualTo(joined(max - 1));
                    goesOn(t);
                }
            }
        }
    }

    private int[] joined(int answered) {
        int[] all = Arrays.copyOf(c.prompt(), c.prompt().length + answered);
        System.arraycopy(c.answer(), 0, all, c.prompt().length, answered);
        return all;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.25, 1})
    void aStopTokenInsideARound(double wrong) {
        for (int i = 0; i <= 2 * K + 2; i++) {
            int stop = c.answer()[i];
            int first = 0;
            while (c.answer()[first] != stop) {
                first++;
            }
            try (Session s = prophetic(engine, wrong);
                    Session own = engine.newSession()) {
                for (Session t : new Session[] {s, own}) {
                    Generation g = Run.generate(t, c.prompt(), Run.greedy(100, stop));
                    assertThat(g.tokens()).isEqualTo(Arrays.copyOf(c.answer(), first + 1));
                    assertThat(g.reason()).isEqualTo(FinishReason.STOP);
                    assertThat(t.length()).isBetween(c.prompt().length + first, c.prompt().length + first + 1);
                    assertThat(t.tokens()).isEqualTo(joined(t.length() - c.prompt().length));
                    goesOn(t);
                }
            }
        }
    }

    @Test
    void theContextEndsInsideARound() {
        for (int room = 1; room <= K + 3; room++) {
            try (Engine small = engine(c.prompt().length + room);
                    Session s = prophetic(small, 0);
                    Session own = small.newSession()) {
                for (Session t : new Session[] {s, own}) {
                    Generation g = Run.generate(t, c.prompt(), Run.greedy(100, c.stop()));
                    assertThat(g.tokens()).isEqualTo(Arrays.copyOf(c.answer(), room));
                    assertThat(g.reason()).isEqualTo(FinishReason.LENGTH);
                }
            }
        }
    }

    @Test
    void cancelledBetweenRounds() {
        for (int at = 0; at <= 2 * K; at++) {
            int last = at;
            try (Session s = prophetic(engine, 0.25);
                    Session own = engine.newSession()) {
                for (Session t : new Session[] {s, own}) {
                    CancelToken cancel = new CancelToken();
                    TokenListener listener = (index, token) -> {
                        if (index == last) {
                            cancel.cancel();
                        }
                        return true;
                    };
                    Generation g =
                            t.generate(c.prompt(), Run.greedy(100, c.stop()), listener, ProgressListener.NONE, cancel);
                    assertThat(g.reason()).isEqualTo(FinishReason.CANCELLED);
                    assertThat(g.tokens().length).isBetween(at + 1, at + 1 + K);
                    assertThat(g.tokens()).isEqualTo(Arrays.copyOf(c.answer(), g.tokens().length));
                    goesOn(t);
                }
            }
        }
    }

    @Test
    void theListenerStopsOrThrows() {
        for (int at = 0; at <= 2 * K; at++) {
            int last = at;
            try (Session s = prophetic(engine, 0.25);
                    Session own = engine.newSession()) {
                for (Session t : new Session[] {s, own}) {
                    Generation g =
                            Run.generate(t, c.prompt(), Run.greedy(100, c.stop()), (index, token) -> index < last);
                    assertThat(g.reason()).isEqualTo(FinishReason.STOP);
                    assertThat(g.tokens()).isEqualTo(Arrays.copyOf(c.answer(), at + 1));
                    TokenListener broken = new TokenListener() {
                        @Override
                        public boolean token(int index, int token) {
                            if (index == last) {
                                throw new IllegalStateException("the listener's own");
                            }
                            return true;
                        }

                        @Override
                        public int steer(int index, int drawn) {
                            return index == last ? drawn ^ 1 : drawn;
                        }
                    };
                    assertThatThrownBy(() -> Run.generate(t, c.prompt(), Run.greedy(100, c.stop()), broken))
                            .hasMessage("the listener's own");
                    assertThat(t.tokens()).isEqualTo(joined(t.length() - c.prompt().length));
                    goesOn(t);
                }
            }
        }
    }

    @Test
    void roundsAreCountedWhateverEndsThem() {
        try (Session s = prophetic(engine, 0)) {
            Generation g = Run.generate(s, c.prompt(), Run.greedy(2 + K + 2, c.stop()));
            assertThat(g.drafts().tokens()).containsExactly(K + 1, 2);
            assertThat(g.drafts().proposed()).containsExactly(2, 1, 1, 1, 1);
            assertThat(g.drafts().accepted()[0]).isEqualTo(2);
            assertThat(Set.of(g.drafts().rounds())).containsExactly(2);
        }
    }
}
