package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.Engine;
import org.sluice.backend.Sequence;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.StepRunner;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;

/** Drawn with drafts, tokens follow the model's distribution: all continuations of a prompt, counted over many seeds. */
class DrawnTokensTest {
    /** The demonstration model is sure of itself; this makes it doubt. */
    private static final double TEMPERATURE = 6;

    private static final int TOP_K = 3;
    private static final int LENGTH = 3;
    private static final int SEEDS = 3_000;
    /** Expected count from which on Pearson's test may be used. */
    private static final double ENOUGH = 5;

    private final Answers.Case c = Answers.own().cases().stream()
            .filter(a -> a.prompt().length < 25 && a.answer().length > 8)
            .findFirst()
            .orElseThrow();
    /** The first token is given, so that all counted ones are checked against drafts. */
    private final int first = c.answer()[0];

    /** A constraint makes tokens impossible that drafts, drawn without it, propose all the same. */
    @ParameterizedTest(name = "{0} drafts, constrained {1}")
    @CsvSource({"ARGMAX, false", "SAMPLED, false", "ARGMAX, true", "SAMPLED, true"})
    void followTheModel(DraftKind kind, boolean constrained) {
        Drafts drafts = Drafts.of(2).withKind(kind);
        try (Engine engine = Engine.load(Fixtures.ownDemoModel(), Run.exact(Run.DEVICE, drafts, 64))) {
            Map<String, Double> expected = new HashMap<>();
            enumerate(engine, constrained, expected);
            Map<String, Integer> drawn = new HashMap<>();
            int right = 0;
            int made = 0;
            TokenListener given = new TokenListener() {
                @Override
                public boolean token(int index, int token) {
                    return true;
                }

                @Override
                public int steer(int index, int token) {
                    return index == 0 ? first : token;
                }
            };
            try (Session s = engine.newSession()) {
                long start = Long.getLong("sluice.seed", 0);
                for (long seed = start; seed < start + SEEDS; seed++) {
                    GenerationOptions o = new GenerationOptions(
                            1 + LENGTH, Set.of(), new SamplerOptions(TEMPERATURE, TOP_K, 1, 0, 1, seed));
                    o = constrained ? o.withConstraint(new EveryThird()) : o;
                    Generation g = Run.generate(s, c.prompt(), o, given);
                    drawn.merge(Arrays.toString(Arrays.copyOfRange(g.tokens(), 1, 1 + LENGTH)), 1, Integer::sum);
                    right += Arrays.stream(g.drafts().accepted()).sum();
                    made += Arrays.stream(g.drafts().proposed()).sum();
                }
            }
            assertThat(expected.keySet()).containsAll(drawn.keySet());
            assertThat((double) right / made)
                    .as("share of drafts that were right: both cases must occur")
                    .isBetween(0.05, 0.95);
            assertFits(expected, drawn);
        }
    }

    /** Pearson's test; continuations too rare for it count as one. */
    private static void assertFits(Map<String, Double> expected, Map<String, Integer> drawn) {
        double chiSquare = 0;
        double rareMean = 0;
        int rare = 0;
        int cells = 0;
        for (Map.Entry<String, Double> e : expected.entrySet()) {
            double mean = e.getValue() * SEEDS;
            int count = drawn.getOrDefault(e.getKey(), 0);
            if (mean > ENOUGH) {
                chiSquare += Math.pow(count - mean, 2) / mean;
                cells++;
            } else {
                rareMean += mean;
                rare += count;
            }
        }
        if (rareMean > ENOUGH) {
            chiSquare += Math.pow(rare - rareMean, 2) / rareMean;
            cells++;
        }
        assertThat(cells).isGreaterThan(10);
        assertThat(chiSquare).isLessThan(quantile(cells - 1));
    }

    /** 99.9 % quantile of the chi-square distribution (Wilson and Hilferty 1931). */
    private static double quantile(int freedom) {
        double s = 2.0 / (9.0 * freedom);
        return freedom * Math.pow(1 - s + 3.0902 * Math.sqrt(s), 3);
    }

    /** Probabilities of all continuations, from the model's logits alone. */
    private void enumerate(Engine engine, boolean constrained, Map<String, Double> into) {
        StepRunner runner = new StepRunner(engine.program(), engine.model());
        int[] tokens = Arrays.copyOf(c.prompt(), c.prompt().length + 1 + LENGTH);
        tokens[c.prompt().length] = first;
        try (Sequence s = engine.program().newSequence();
                Arena arena = Arena.ofConfined()) {
            MemorySegment logits = arena.allocate(4L * runner.vocabSize());
            continueFrom(runner, s, logits, tokens, constrained, 0, 1, into);
        }
    }

    private void continueFrom(
            StepRunner runner,
            Sequence s,
            MemorySegment logits,
            int[] tokens,
            boolean constrained,
            int depth,
            double probability,
            Map<String, Double> into) {
        int start = c.prompt().length + 1;
        if (depth == LENGTH) {
            into.put(Arrays.toString(Arrays.copyOfRange(tokens, start, start + LENGTH)), probability);
            return;
        }
        int end = start + depth;
        s.truncate(Math.min(s.length(), end - 1));
        runner.append(s, tokens, s.length(), end, end - 1, logits, null);
        float[] l = logits.toArray(ValueLayout.JAVA_FLOAT);
        int[] top = IntStream.range(0, l.length)
                .filter(t -> !constrained || EveryThird.allows(1 + depth, t))
                .boxed()
                .sorted((a, b) -> Float.compare(l[b], l[a]))
                .limit(TOP_K)
                .mapToInt(Integer::intValue)
                .toArray();
        double sum = Arrays.stream(top)
                .mapToDouble(t -> Math.exp((l[t] - l[top[0]]) / TEMPERATURE))
                .sum();
        for (int t : top) {
            tokens[end] = t;
            double p = Math.exp((l[t] - l[top[0]]) / TEMPERATURE) / sum;
            continueFrom(runner, s, logits, tokens, constrained, depth + 1, probability * p, into);
        }
    }
}
