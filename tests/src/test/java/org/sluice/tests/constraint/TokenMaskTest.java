package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.decode.Constraint;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.JsonSchema;
import org.sluice.tests.constraint.SchemaCases.Case;
import org.sluice.tests.constraint.Vocabularies.Words;

/** A mask holds exactly the tokens whose bytes lead on, wherever a text is. */
class TokenMaskTest {
    private static final Words WORDS = Vocabularies.of(3_000, 5);

    static List<Case> cases() {
        return SchemaCases.all();
    }

    private static Constraint constraint(String schema) {
        return new GrammarConstraint(Grammar.of(JsonSchema.parse(schema).document()), WORDS.trie());
    }

    /** The mask comes from shared walks over frames, {@code allows} from the token's own bytes. */
    private static int checkMask(Constraint.Cursor cursor, float[] logits) {
        Arrays.fill(logits, 0);
        cursor.mask(logits, logits.length);
        int n = 0;
        for (int t = 0; t < logits.length; t++) {
            if ((logits[t] == 0) != cursor.allows(t)) {
                throw new AssertionError("token " + t + " '" + WORDS.text(t) + "': mask says " + (logits[t] == 0));
            }
            n += logits[t] == 0 ? 1 : 0;
        }
        return n;
    }

    private static int draw(float[] logits, int n, SplittableRandom random) {
        int k = random.nextInt(n);
        for (int t = 0; ; t++) {
            if (logits[t] == 0 && k-- == 0) {
                return t;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void masksAreExact(Case c) {
        Constraint constraint = constraint(c.schema());
        SplittableRandom random = new SplittableRandom(9);
        float[] logits = new float[WORDS.tokens().size()];
        for (int walk = 0; walk < 6; walk++) {
            Constraint.Cursor cursor = constraint.begin(Set.of(WORDS.stop()));
            for (int i = 0; i < 40; i++) {
                int n = checkMask(cursor, logits);
                int token = draw(logits, n, random);
                cursor.advance(token);
                if (token == WORDS.stop()) {
                    break;
                }
            }
        }
    }

    /** A model may have more logits than its tokenizer has tokens, or the caller look at the first ones only. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\"", "\"ab"})
    void logitsOfNoTokenAreNeverAllowed(String begun) {
        Constraint constraint = constraint("{\"type\":\"string\"}");
        Constraint.Cursor cursor = constraint.begin(Set.of(WORDS.stop()));
        Walk.write(cursor, WORDS, begun);
        int size = WORDS.tokens().size();
        for (int n : new int[] {size - 700, size, size + 1, size + 5_000}) {
            float[] logits = new float[n + 10];
            Arrays.fill(logits, Float.POSITIVE_INFINITY);
            cursor.mask(logits, n);
            for (int t = 0; t < n; t++) {
                boolean allowed = t < size && cursor.allows(t);
                assertThat(logits[t])
                        .as("logit %d of %d", t, n)
                        .isEqualTo(allowed ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY);
            }
            assertThat(logits[n]).isEqualTo(Float.POSITIVE_INFINITY);
        }
    }

    @Test
    void prefixesOfGuessesAreThoseThatCouldBeAdvanced() {
        Constraint constraint = constraint("{\"type\":\"array\",\"items\":{\"enum\":[\"ab\",\"abc\",12,null]}}");
        SplittableRandom random = new SplittableRandom(4);
        float[] logits = new float[WORDS.tokens().size()];
        for (int round = 0; round < 300; round++) {
            Constraint.Cursor cursor = constraint.begin(Set.of(WORDS.stop()));
            Constraint.Cursor twin = constraint.begin(Set.of(WORDS.stop()));
            int[] guesses = new int[5];
            int right = random.nextInt(6);
            for (int i = 0; i < 5; i++) {
                int n = i < right ? checkMask(twin, logits) : 0;
                guesses[i] = n > 0 ? draw(logits, n, random) : random.nextInt(logits.length);
                if (n > 0) {
                    twin.advance(guesses[i]);
                    right = guesses[i] == WORDS.stop() ? i + 1 : right;
                }
            }
            int prefix = cursor.allowedPrefix(guesses, 5);
            assertThat(prefix).isGreaterThanOrEqualTo(Math.min(right, 5));
            for (int i = 0; i < prefix; i++) {
                assertThat(cursor.allows(guesses[i])).isTrue();
                cursor.advance(guesses[i]);
            }
            if (prefix < 5) {
                assertThat(cursor.allows(guesses[prefix])).isFalse();
            }
        }
    }

    /** More states than are remembered: what was forgotten is found again, and memory stays where it is. */
    @Test
    void cachesAreBounded() {
        Constraint constraint =
                constraint("{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":100},\"maxItems\":5000}");
        SplittableRandom random = new SplittableRandom(6);
        float[] logits = new float[WORDS.tokens().size()];
        long before = 0;
        for (int walk = 0; walk < 8; walk++) {
            Constraint.Cursor cursor = constraint.begin(Set.of(WORDS.stop()));
            for (int i = 0; i < 6_000; i++) {
                Arrays.fill(logits, 0);
                cursor.mask(logits, logits.length);
                int n = 0;
                for (float l : logits) {
                    n += l == 0 ? 1 : 0;
                }
                int token = draw(logits, n, random);
                for (int tries = 0; tries < 100 && ends(token); tries++) {
                    token = draw(logits, n, random);
                }
                if (ends(token)) {
                    break;
                }
                cursor.advance(token);
            }
            checkMask(cursor, logits);
            System.gc();
            long used =
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
            before = walk == 1 ? used : before;
            if (walk > 1) {
                assertThat(used - before).isLessThan(200L << 20);
            }
        }
    }

    /** The best of many, so that a busy machine does not decide; a decode step of a large model takes a thousand times this. */
    @Test
    void masksOfALargeVocabularyTakeUnderFiftyMicroseconds() {
        Words large = Vocabularies.of(150_000, 8);
        Constraint constraint = new GrammarConstraint(
                Grammar.of(JsonSchema.parse("{\"type\":\"array\",\"items\":{\"type\":\"string\"}}")
                        .document()),
                large.trie());
        float[] logits = new float[large.tokens().size()];
        for (String begun : List.of("", "[", "[\"", "[\"abc", "[\"abc\\", "[\"abc\"")) {
            Constraint.Cursor cursor = constraint.begin(Set.of(large.stop()));
            Walk.write(cursor, large, begun);
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 3_000; i++) {
                Arrays.fill(logits, 0);
                long start = System.nanoTime();
                cursor.mask(logits, logits.length);
                best = Math.min(best, System.nanoTime() - start);
            }
            assertThat(best).as("ns after %s", begun).isLessThan(50_000);
        }
    }

    private static boolean ends(int token) {
        return token == WORDS.stop() || WORDS.text(token).contains("]");
    }

    @Test
    void oneConstraintServesManyThreads() throws Exception {
        Constraint constraint = constraint(
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"required\":[\"a\"]}");
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<String>> texts = IntStream.range(0, 24)
                    .mapToObj(i -> pool.submit(() -> {
                        String text = new Walk(constraint, WORDS).draw(new SplittableRandom(i % 6), 20, 2_000);
                        return String.valueOf(text);
                    }))
                    .toList();
            for (int i = 0; i < 24; i++) {
                assertThat(texts.get(i).get()).isEqualTo(texts.get(i % 6).get());
            }
        }
    }
}
