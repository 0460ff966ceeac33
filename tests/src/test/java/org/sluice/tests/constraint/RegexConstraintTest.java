package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.decode.constraint.CharAutomaton;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.Syntax;
import org.sluice.error.InvalidRequestException;
import org.sluice.tests.constraint.Vocabularies.Words;

/** Regular expressions mean what {@link java.util.regex} means by them. */
class RegexConstraintTest {
    private static final Words WORDS = Vocabularies.of(700, 3);

    /** With \z for $, which in Java also matches in front of a last line end. */
    private static Pattern java(String pattern) {
        return Pattern.compile(pattern.replace("$", "\\z"));
    }

    @Test
    void automataAgreeWithJava() {
        SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 11));
        RandomRegex regex = new RandomRegex(random);
        int matched = 0;
        for (int i = 0; i < 3_000; i++) {
            String pattern = regex.pattern();
            Pattern java = java(pattern);
            CharAutomaton whole = CharAutomaton.matching(pattern);
            CharAutomaton part = CharAutomaton.containing(pattern);
            for (int k = 0; k < 12; k++) {
                String text = regex.text();
                boolean matches = java.matcher(text).matches();
                matched += matches ? 1 : 0;
                assertThat(whole.accepts(text))
                        .as("'%s' matches '%s'", pattern, text)
                        .isEqualTo(matches);
                assertThat(part.accepts(text))
                        .as("'%s' is found in '%s'", pattern, text)
                        .isEqualTo(java.matcher(text).find());
            }
        }
        assertThat(matched).isGreaterThan(1_000);
    }

    @Test
    void tokensAgreeWithJava() {
        SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 12));
        RandomRegex regex = new RandomRegex(random);
        int drawn = 0;
        for (int i = 0; i < 250; i++) {
            String pattern = regex.pattern();
            Pattern java = java(pattern);
            Grammar grammar;
            try {
                grammar = Grammar.of(Syntax.regex(pattern));
            } catch (InvalidRequestException nothingMatches) {
                continue;
            }
            Walk walk = new Walk(new GrammarConstraint(grammar, WORDS.trie()), WORDS);
            for (int k = 0; k < 4; k++) {
                String text = walk.draw(random, random.nextInt(8), 400);
                if (text != null) {
                    drawn++;
                    assertThat(java.matcher(text).matches())
                            .as("'%s' matches '%s'", pattern, text)
                            .isTrue();
                }
                String other = regex.text();
                assertThat(walk.accepts(other, random))
                        .as("'%s' accepts '%s'", pattern, other)
                        .isEqualTo(java.matcher(other).matches());
            }
        }
        assertThat(drawn).isGreaterThan(500);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "^a~a~b",
                "a$~ba~ab",
                "^$|x~x~y",
                "(^a|b$)~ac~ca",
                "^(?<year>\\d{4})$~2024~24",
                "\\u{1F600}~a😀~a",
                "\\cJ?x~x~y",
                "^\\p{Script=Greek}+$~αβγ~abc",
                "[\\b]?q~q~b",
                "^[^]$~b~bb"
            })
    void syntaxOfEcma(String pattern, String yes, String no) {
        assertThat(CharAutomaton.containing(pattern).accepts(yes)).isTrue();
        assertThat(CharAutomaton.containing(pattern).accepts(no)).isFalse();
    }

    @Test
    void textsThatMustNotOccurDoNot() {
        SplittableRandom random = new SplittableRandom(5);
        CharAutomaton a = CharAutomaton.matching("(a|b|ab|</|<)*").without(List.of("aba", "</b"));
        for (int i = 0; i < 5_000; i++) {
            StringBuilder b = new StringBuilder();
            int n = random.nextInt(9);
            for (int k = 0; k < n; k++) {
                b.append("ab</".charAt(random.nextInt(4)));
            }
            String text = b.toString();
            boolean expected = text.matches("(a|b|ab|</|<)*") && !text.contains("aba") && !text.contains("</b");
            assertThat(a.accepts(text)).as(text).isEqualTo(expected);
        }
    }
}
