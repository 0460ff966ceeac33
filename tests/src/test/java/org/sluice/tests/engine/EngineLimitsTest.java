package org.sluice.tests.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.error.BackendException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.tests.model.Leftovers;
import org.sluice.tests.model.TinyCheckpoint;

/** What an engine refuses, and what is left of it afterwards. */
class EngineLimitsTest {
    private static final EngineOptions OPTIONS = EngineOptions.DEFAULT
            .withDevice(DeviceOptions.of("cpu").withThreads(2))
            .withMaxRows(8);
    private static final GenerationOptions TEN = new GenerationOptions(10, Set.of(), SamplerOptions.GREEDY);

    @TempDir
    Path folder;

    @BeforeEach
    void write() {
        new TinyCheckpoint().write(folder);
    }

    @AfterEach
    void nothingIsLeft() {
        Leftovers.assertNone(folder);
    }

    private static int[] prompt(int n) {
        return IntStream.range(0, n)
                .map(i -> (7 * i + 3) % TinyCheckpoint.VOCABULARY)
                .toArray();
    }

    private static Generation generate(Session s, int[] prompt) {
        return s.generate(prompt, TEN, TokenListener.NONE, ProgressListener.NONE, new CancelToken());
    }

    @Test
    void tooLittleMemory() {
        DeviceOptions little = DeviceOptions.of("cpu").withThreads(2).withMemoryLimit(4096);
        assertThatThrownBy(() -> Engine.load(folder, OPTIONS.withDevice(little)))
                .isInstanceOf(MemoryLimitException.class)
                .hasMessageContaining("KiB")
                .hasMessageContaining("lower");
    }

    @Test
    void contextBeyondTheModel() {
        assertThatThrownBy(() -> Engine.load(folder, OPTIONS.withContext(TinyCheckpoint.CONTEXT + 1)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("" + (TinyCheckpoint.CONTEXT + 1))
                .hasMessageContaining("" + TinyCheckpoint.CONTEXT);
    }

    @Test
    void unknownDevice() {
        for (String selector : new String[] {"abacus", "cpu:abacus"}) {
            assertThatThrownBy(() -> Engine.load(folder, OPTIONS.withDevice(DeviceOptions.of(selector))))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("abacus");
        }
    }

    @Test
    void promptsThatCannotBe() {
        try (Engine e = Engine.load(folder, OPTIONS.withContext(20));
                Session s = e.newSession()) {
            assertThatThrownBy(() -> generate(s, new int[0]))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("empty");
            assertThatThrownBy(() -> generate(s, prompt(20)))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("20");
            for (int outside : new int[] {-1, TinyCheckpoint.VOCABULARY, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                int[] bad = prompt(11);
                bad[9] = outside;
                assertThatThrownBy(() -> generate(s, bad))
                        .isInstanceOf(InvalidRequestException.class)
                        .hasMessageContaining("" + outside);
            }
            assertThatThrownBy(
                            () -> s.generate(prompt(5), TEN, new Steered(), ProgressListener.NONE, new CancelToken()))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("-7");
            // what failed has left nothing behind that counts
            int[] fresh;
            try (Session other = e.newSession()) {
                fresh = generate(other, prompt(11)).tokens();
            }
            assertThat(generate(s, prompt(11)).tokens()).isEqualTo(fresh);
        }
    }

    /** Wants a token that no vocabulary has. */
    private static final class Steered implements TokenListener {
        @Override
        public boolean token(int index, int token) {
            return true;
        }

        @Override
        public int steer(int index, int drawn) {
            return -7;
        }
    }

    @Test
    void theContextEndsTheAnswer() {
        try (Engine e = Engine.load(folder, OPTIONS.withContext(20));
                Session s = e.newSession()) {
            Generation g = generate(s, prompt(17));
            assertThat(g.tokens()).hasSize(3);
            assertThat(g.reason()).isEqualTo(FinishReason.LENGTH);
        }
    }

    @Test
    void closingInTheWrongOrder() {
        Engine e = Engine.load(folder, OPTIONS);
        Session s = e.newSession();
        assertThatThrownBy(e::close).isInstanceOf(InvalidRequestException.class).hasMessageContaining("1 open session");
        assertThat(generate(s, prompt(5)).tokens()).hasSize(10);
        s.close();
        s.close();
        assertThatThrownBy(() -> generate(s, prompt(5)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("closed");
        e.close();
        e.close();
        assertThatThrownBy(e::newSession).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void cancelledInPrefill() {
        try (Engine e = Engine.load(folder, OPTIONS);
                Session s = e.newSession()) {
            CancelToken cancel = new CancelToken();
            Generation g =
                    s.generate(prompt(40), TEN, TokenListener.NONE, (phase, done, total) -> cancel.cancel(), cancel);
            assertThat(g.reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(g.tokens()).isEmpty();
            // one chunk of 8 rows is done and stays
            assertThat(s.tokens()).isEqualTo(prompt(8));
            Generation again = generate(s, prompt(40));
            assertThat(again.reusedTokens()).isEqualTo(8);
            try (Session fresh = e.newSession()) {
                assertThat(again.tokens()).isEqualTo(generate(fresh, prompt(40)).tokens());
            }
        }
    }

    @Test
    void cancelledInDecode() {
        try (Engine e = Engine.load(folder, OPTIONS);
                Session s = e.newSession();
                Session fresh = e.newSession()) {
            CancelToken cancel = new CancelToken();
            Generation g = s.generate(
                    prompt(12),
                    TEN,
                    (index, token) -> {
                        if (index == 3) {
                            cancel.cancel();
                        }
                        return true;
                    },
                    ProgressListener.NONE,
                    cancel);
            int[] whole = generate(fresh, prompt(12)).tokens();
            assertThat(g.reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(g.tokens()).containsExactly(whole[0], whole[1], whole[2], whole[3]);
            assertThat(generate(s, prompt(12)).tokens()).isEqualTo(whole);
        }
    }

    @Test
    void aListenerThatThrowsEndsTheRun() {
        try (Engine e = Engine.load(folder, OPTIONS);
                Session s = e.newSession()) {
            assertThatThrownBy(() -> s.generate(
                            prompt(12),
                            TEN,
                            (index, token) -> {
                                throw new IllegalStateException("mine");
                            },
                            ProgressListener.NONE,
                            new CancelToken()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("mine");
            assertThat(generate(s, prompt(12)).tokens()).hasSize(10);
        }
    }
}
