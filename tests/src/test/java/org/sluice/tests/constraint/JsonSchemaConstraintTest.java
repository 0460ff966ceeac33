package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.JsonSchema;
import org.sluice.tests.constraint.SchemaCases.Case;
import org.sluice.tests.constraint.Vocabularies.Words;

/** Whatever a schema lets through is valid for an independent validator; what is valid and plainly written is let through. */
class JsonSchemaConstraintTest {
    private static final Words WORDS = Vocabularies.of(1_500, 7);
    private static final int WALKS = 60;

    static List<Case> cases() {
        return SchemaCases.all();
    }

    private static Walk walk(String schema) {
        Grammar grammar = Grammar.of(JsonSchema.parse(schema).document());
        return new Walk(new GrammarConstraint(grammar, WORDS.trie()), WORDS);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everythingLetThroughIsValid(Case c) {
        check(c.schema(), WALKS, c.name().hashCode());
    }

    private static void check(String schema, int walks, long seed) {
        Walk walk = walk(schema);
        Validator validator = new Validator(schema);
        SplittableRandom random = new SplittableRandom(seed);
        int whole = 0;
        for (int i = 0; i < walks; i++) {
            String text = walk.draw(random, random.nextInt(60), 3_000);
            if (text != null) {
                whole++;
                assertThat(validator.errors(text)).as("%s of %s", text, schema).isEmpty();
            }
        }
        assertThat(whole).as("walks that ended").isGreaterThan(walks / 4);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void goodDocumentsPassHoweverTheyAreCut(Case c) {
        Walk walk = walk(c.schema());
        Validator validator = new Validator(c.schema());
        SplittableRandom random = new SplittableRandom(1);
        for (String good : c.good()) {
            assertThat(validator.errors(good)).as(good).isEmpty();
            for (int i = 0; i < 5; i++) {
                assertThat(walk.accepts(good, random)).as(good).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void badDocumentsDoNotPass(Case c) {
        Walk walk = walk(c.schema());
        SplittableRandom random = new SplittableRandom(2);
        for (String bad : c.bad()) {
            for (int i = 0; i < 3; i++) {
                assertThat(walk.accepts(bad, random)).as(bad).isFalse();
            }
        }
    }

    @Test
    void randomSchemasLetOnlyValidDocumentsThrough() {
        long first = Long.getLong("sluice.seed", 0);
        for (long seed = first; seed < first + Integer.getInteger("sluice.cases", 150); seed++) {
            String schema = new RandomSchema(seed).schema();
            check(schema, 8, seed);
        }
    }
}
