package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.checkpoint.SafetensorsFile;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;

/** Drafts change the speed of an answer and nothing else. */
@Tag("fixtures")
class LosslessTest {
    private static final int CONTEXT = 320;

    static List<Path> goldens() throws Exception {
        try (Stream<Path> folders = Files.list(Fixtures.path("golden"))) {
            return folders.filter(f -> Files.exists(f.resolve("expected.safetensors")))
                    .sorted()
                    .toList();
        }
    }

    /** Without a draft layer drafts come from repetition; answers of random weights soon repeat themselves. */
    @ParameterizedTest
    @MethodSource("goldens")
    void goldensAnswerTheSame(Path golden) {
        int accepted = 0;
        try (Engine plain = Engine.load(golden, Run.exact(Run.DEVICE, Drafts.OFF, CONTEXT));
                Engine drafting = Engine.load(golden, Run.exact(Run.DEVICE, Drafts.of(4), CONTEXT));
                SafetensorsFile expected = SafetensorsFile.open(golden.resolve("expected.safetensors"))) {
            for (int p = 0; expected.tensors().containsKey("prompt" + p + ".tokens"); p++) {
                int[] prompt = expected.data("prompt" + p + ".tokens")
                        .toArray(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED);
                // a prompt that repeats itself gives the drafter something to look up
                int[] twice = Arrays.copyOf(prompt, 2 * Math.min(prompt.length, 100));
                System.arraycopy(prompt, 0, twice, twice.length / 2, twice.length / 2);
                for (int[] tokens : List.of(prompt, twice)) {
                    Generation without = Run.alone(plain, tokens, Run.greedy(60));
                    Generation with = Run.alone(drafting, tokens, Run.greedy(60));
                    assertThat(with.tokens()).isEqualTo(without.tokens());
                    accepted += Arrays.stream(with.drafts().accepted()).sum();
                }
            }
        }
        if (Fixtures.areOwn()) {
            assertThat(accepted).as("drafts that were right").isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu:vector", "cpu:native"})
    void generatedPromptsAreAnsweredTheSame(String device) {
        SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 2026));
        List<Answers.Case> cases = Answers.read().cases().stream()
                .filter(c -> c.prompt().length < 150)
                .toList();
        try (Engine plain = Engine.load(Fixtures.demoModel(), Run.exact(device, Drafts.OFF, CONTEXT));
                Engine three = Engine.load(Fixtures.demoModel(), Run.exact(device, Drafts.of(3), CONTEXT));
                Engine auto = Engine.load(Fixtures.demoModel(), Run.exact(device, Drafts.AUTO, CONTEXT));
                Engine few = Engine.load(
                        Fixtures.demoModel(), Run.exact(device, Drafts.of(5).withVocabulary(600), CONTEXT))) {
            for (int i = 0; i < 200; i++) {
                int[] prompt = mutated(cases.get(random.nextInt(cases.size())).prompt(), random);
                int[] expected = Run.alone(plain, prompt, Run.greedy(16)).tokens();
                Engine e = List.of(three, auto, few).get(i % 3);
                assertThat(Run.alone(e, prompt, Run.greedy(16)).tokens())
                        .as("prompt " + i)
                        .isEqualTo(expected);
            }
        }
    }

    /** Some tokens of a prompt in place of others. */
    private static int[] mutated(int[] prompt, SplittableRandom random) {
        int[] p = prompt.clone();
        for (int i = random.nextInt(1 + p.length / 4); i > 0; i--) {
            p[random.nextInt(p.length)] = random.nextBoolean() ? random.nextInt(1500) : p[random.nextInt(p.length)];
        }
        return p;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8})
    void theSameSeedDrawsTheSameTokens(int k) {
        List<SamplerOptions> samplers = List.of(
                new SamplerOptions(1, 0, 1, 0, 1, 3),
                new SamplerOptions(0.7, 0, 0.9, 0, 1, 4),
                new SamplerOptions(2.5, 40, 1, 0.02, 1.2, 5),
                new SamplerOptions(0, 0, 1, 0, 1.5, 6));
        // every seventh token is another than was drawn
        TokenListener steering = new TokenListener() {
            @Override
            public boolean token(int index, int token) {
                return true;
            }

            @Override
            public int steer(int index, int drawn) {
                return index % 7 == 3 ? (drawn + index) % 1000 : drawn;
            }
        };
        int accepted = 0;
        try (Engine plain = Engine.load(Fixtures.demoModel(), Run.exact(Run.DEVICE, Drafts.OFF, CONTEXT));
                Engine drafting = Engine.load(Fixtures.demoModel(), Run.exact(Run.DEVICE, Drafts.of(k), CONTEXT))) {
            for (Answers.Case c : Answers.read().cases()) {
                if (c.prompt().length > 100) {
                    continue;
                }
                for (SamplerOptions s : samplers) {
                    GenerationOptions o = new GenerationOptions(24, Set.of(c.stop()), s);
                    for (TokenListener l : List.of(TokenListener.NONE, steering)) {
                        Generation with = Run.alone(drafting, c.prompt(), o, l);
                        assertThat(with.tokens())
                                .as(c.name() + " " + s)
                                .isEqualTo(Run.alone(plain, c.prompt(), o, l).tokens());
                        accepted += Arrays.stream(with.drafts().accepted()).sum();
                    }
                }
            }
        }
        assertThat(accepted).isPositive();
    }
}
