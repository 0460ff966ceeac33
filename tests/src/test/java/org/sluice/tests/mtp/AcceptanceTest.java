package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.Engine;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;

/** Along the recorded answers every verification round gives as many tokens as the reference's. */
@Tag("fixtures")
class AcceptanceTest {
    /** The recorded means are rounded. */
    private static final double ROUNDING = 1e-4;

    @Test
    void fixtureIsThere() {
        assertThat(Answers.read().lengths()).isNotEmpty();
    }

    static List<Arguments> devicesAndLengths() {
        List<Arguments> all = new ArrayList<>();
        for (String device : Devices.present()) {
            // the plain definitions answer the same questions; one length shows it and saves minutes
            List<Integer> lengths = Answers.read().lengths();
            for (int k : device.contains("reference") ? lengths.subList(0, 1) : lengths) {
                all.add(Arguments.of(device, k));
            }
        }
        return all;
    }

    @ParameterizedTest(name = "{1} drafts on {0}")
    @MethodSource("devicesAndLengths")
    void roundsAreTheReferences(String selector, int k) {
        Answers answers = Answers.read();
        boolean slow = selector.contains("reference");
        List<Answers.Case> cases = answers.cases().stream()
                .filter(c -> !slow || c.prompt().length + c.answer().length < 80)
                .toList();
        int context = cases.stream()
                .mapToInt(c -> c.prompt().length + c.answer().length)
                .max()
                .orElseThrow();
        int tokens = 0;
        int rounds = 0;
        boolean complete = !slow;
        // room for drafts behind the last token: the reference does not know the answer's end beforehand
        try (Engine engine = Engine.load(Fixtures.demoModel(), Run.exact(selector, Drafts.of(k), context + 16))) {
            for (Answers.Case c : cases) {
                Generation got = Run.alone(engine, c.prompt(), Run.greedy(c.answer().length + 16, c.stop()));
                assertThat(got.tokens()).as(c.name()).isEqualTo(c.answer());
                assertThat(Arrays.stream(got.drafts().tokens()).sum())
                        .as(c.name() + ": tokens after the first")
                        .isEqualTo(c.answer().length - 1);
                if (c.accepted(k).isPresent()) {
                    assertThat(got.drafts().tokens())
                            .as(c.name())
                            .isEqualTo(c.accepted(k).get());
                    rounds += got.drafts().rounds();
                    tokens += c.answer().length - 1;
                } else {
                    complete = false;
                }
            }
        }
        assertThat(rounds).isPositive();
        if (complete) {
            assertThat((double) tokens / rounds)
                    .isCloseTo(answers.tokensPerRound(k).orElseThrow(), within(ROUNDING));
        }
    }
}
