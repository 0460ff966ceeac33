package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.decode.Constraint;
import org.sluice.decode.constraint.CharAutomaton;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.JsonSchema;
import org.sluice.decode.constraint.Syntax;
import org.sluice.decode.constraint.TokenTrie;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;
import org.sluice.tests.constraint.Vocabularies.Words;

/** What cannot be done is refused by name, and nothing that is asked for takes unbounded time or memory. */
class BadConstraintTest {
    private static Grammar grammar(String schema) {
        return Grammar.of(JsonSchema.parse(schema.replace('\'', '"')).document());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{'type':'object','patternProperties':{'a':{}}}~patternProperties",
                "{'type':'array','prefixItems':[{}]}~prefixItems",
                "{'type':'array','contains':{}}~contains",
                "{'type':'array','uniqueItems':true}~uniqueItems",
                "{'oneOf':[{'type':'null'}]}~oneOf",
                "{'not':{}}~not",
                "{'if':{},'then':{}}~if",
                "{'allOf':[{'type':'object'},{'type':'null'}]}~allOf",
                "{'type':'object','properties':{'x':{'type':'string','format':'uri'}}}~format",
                "{'type':'string','format':'date','pattern':'x'}~pattern",
                "{'type':'number','multipleOf':0.123456}~multipleOf",
                "{'type':'number','multipleOf':0}~multipleOf",
                "{'anyOf':[{'type':'null'}],'type':'string'}~type",
                "{'$ref':'#/$defs/a','minLength':1,'$defs':{'a':{'type':'string'}}}~minLength",
                "{'$ref':'https://example.org/s.json'}~$ref",
                "{'enum':['a'],'maxLength':3}~maxLength",
                "{'type':'object','dependentRequired':{}}~dependentRequired",
                "{'type':'object','propertyNames':{}}~propertyNames",
                "{'type':'object','minProperties':1}~minProperties",
                "{'type':'string','pattern':'(?=a)b'}~lookahead",
                "{'type':'string','pattern':'(a)\\\\1'}~back references",
                "{'type':'string','pattern':'\\\\bx'}~word boundaries",
                "{'type':'string','pattern':'(?i)x'}~inline flags",
                "{'type':'string','pattern':'a++'}~possessive",
                "{'type':'string','pattern':'[[:alpha:]]'}~set notation",
                "{'type':'string','pattern':'\\\\p{Nonsense}'}~Nonsense"
            })
    void unsupportedFeaturesAreNamed(String schema, String name) {
        assertThatThrownBy(() -> grammar(schema))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining(name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{'type':'wurst'}~wurst",
                "{'type':7}~type",
                "[]~object",
                "{'type':'object','properties':[]}~properties",
                "{'type':'object','properties':{'x':7}}~#/properties/x",
                "{'type':'string','minLength':-1}~minLength",
                "{'type':'string','minLength':3,'maxLength':2}~maxLength is 2",
                "{'type':'array','minItems':3,'maxItems':2}~maxItems is 2",
                "{'type':'integer','minimum':3,'maximum':2}~contradicts",
                "{'type':'integer','exclusiveMinimum':3,'exclusiveMaximum':4}~contradicts",
                "{'type':'integer','minimum':0.2,'maximum':0.8}~contradicts",
                "{'type':'object','required':['x'],'additionalProperties':false}~'x'",
                "{'$ref':'#/$defs/none'}~none",
                "{'enum':[]}~enum",
                "{'type':'string','pattern':'('}~not closed",
                "{'type':'string','pattern':'a)'}~unmatched",
                "{'type':'string','pattern':'[z-a]'}~range",
                "{'type':'string','pattern':'*'}~nothing to repeat",
                "{'type':'string','pattern':'a{3,1}'}~out of order",
                "{'type':'string','pattern':'\\\\u12'}~hexadecimal",
                "{'type'~not valid JSON",
                "``~empty",
                "{} {}~more text"
            })
    void mistakesAreNamed(String schema, String what) {
        assertThatThrownBy(() -> grammar(schema))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(what);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'$ref':'#'}",
                "{'anyOf':[{'$ref':'#'},{'$ref':'#/anyOf/0'}]}",
                "{'type':'object','properties':{'x':{'$ref':'#'}},'required':['x']}",
                "{'type':'array','items':{'$ref':'#'},'minItems':1}",
                "{'$defs':{'a':{'type':'object','properties':{'b':{'$ref':'#/$defs/b'}},'required':['b']},'b':{'type':'object','properties':{'a':{'$ref':'#/$defs/a'}},'required':['a']}},'$ref':'#/$defs/a'}",
                "false",
                "{'type':'string','pattern':'a^b'}",
                "{'type':'string','pattern':'^aaaa$','maxLength':3}",
                "{'type':'string','enum':[1,2]}",
                "{'type':'integer','multipleOf':10,'minimum':1,'maximum':9}"
            })
    void schemasWithoutDocumentsAreRefused(String schema) {
        assertThatThrownBy(() -> grammar(schema))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("no text satisfies");
    }

    @Test
    void recursionWithAWayOutIsNoDeadEnd() {
        // required all the way, but one level may be null: the depth of calls is bounded and every text ends
        Grammar g = grammar(
                "{'anyOf':[{'type':'null'},{'type':'object','properties':{'x':{'$ref':'#'}},'required':['x']}]}");
        Words words = Vocabularies.of(400, 1);
        Constraint.Cursor cursor = new GrammarConstraint(g, words.trie()).begin(Set.of(words.stop()));
        int depth = 0;
        while (depth < 10_000 && cursor.allows('{')) {
            Walk.write(cursor, words, "{\"x\":");
            depth++;
        }
        assertThat(depth).isBetween(100, 400);
        float[] logits = new float[words.tokens().size()];
        cursor.mask(logits, logits.length);
        Walk.write(cursor, words, "null");
        for (int i = 0; i < depth; i++) {
            cursor.advance('}');
        }
        assertThat(cursor.isComplete()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "((a{0,100}){0,100}){0,100}",
                "(((((a{1,50}){1,50}){1,50}){1,50}){1,50})",
                "(a?){100000}",
                "\\p{L}{90000}"
            })
    void expressionsThatExplodeAreRefusedQuickly(String pattern) {
        Assertions.assertTimeout(
                Duration.ofSeconds(20),
                () -> assertThatThrownBy(() -> Grammar.of(Syntax.regex(pattern)))
                        .isInstanceOf(UnsupportedException.class)
                        .hasMessageContaining("states"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"(a*)*b", "(a|aa)+$b?", "(a|a?)+", "(.*a){12}", "(x+x+)+y", "[ab]*a[ab]{14}", "(a?){60}a{60}"})
    void expressionsThatDefeatBacktrackingRunInBoundedTimeAndMemory(String pattern) {
        Words words = Vocabularies.of(1_000, 2);
        Assertions.assertTimeout(Duration.ofSeconds(60), () -> {
            GrammarConstraint constraint = new GrammarConstraint(Grammar.of(Syntax.regex(pattern)), words.trie());
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < 6; i++) {
                new Walk(constraint, words).draw(random, 100, 400);
            }
        });
    }

    @Test
    void deepGroupsAreRefused() {
        String deep = "(".repeat(50_000) + "a" + ")".repeat(50_000);
        assertThatThrownBy(() -> Grammar.of(Syntax.regex(deep))).isInstanceOf(UnsupportedException.class);
    }

    @Test
    void hugeSchemasAreRefused() {
        StringBuilder b = new StringBuilder("{'enum':[");
        for (int i = 0; i < 60_000; i++) {
            b.append(i == 0 ? "" : ",").append("'").append(i * 7919L % 60_013).append("-value'");
        }
        assertThatThrownBy(() -> grammar(b.append("]}").toString()))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("states");
    }

    @Test
    void numbersBeyondAllBoundsAreRefusedQuickly() {
        Assertions.assertTimeout(
                Duration.ofSeconds(5),
                () -> assertThatThrownBy(() -> grammar("{'type':'integer','minimum':1e999999999}"))
                        .isInstanceOf(UnsupportedException.class));
    }

    @Test
    void aVocabularyWithoutBytesLeadsToAClearError() {
        TokenTrie trie = new TokenTrie(new byte[][] {{'"'}, {'a', 'b'}, {}});
        Constraint.Cursor cursor = new GrammarConstraint(grammar("{'enum':['ab','abc']}"), trie).begin(Set.of(2));
        for (int token : new int[] {0, 1, 0}) {
            cursor.mask(new float[3], 3);
            cursor.advance(token);
        }
        assertThat(cursor.isComplete()).isTrue();
        Constraint.Cursor stuck = new GrammarConstraint(grammar("{'const':'x'}"), trie).begin(Set.of(2));
        stuck.advance(0);
        assertThatThrownBy(() -> stuck.mask(new float[3], 3))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("no token");
        assertThatThrownBy(() -> stuck.advance(1))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("token 1");
        assertThatThrownBy(() -> stuck.advance(99)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void argumentsThatCouldBeMistakenAreRefused() {
        assertThatThrownBy(() -> JsonSchema.of(Map.of(
                                "type",
                                "object",
                                "properties",
                                Map.of("x", Map.of("type", List.of("string", "integer"), "enum", List.of("1", "a")))))
                        .arguments())
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("mistaken");
    }

    @Test
    void ofLengthKeepsTheOnlyLengthsThereAre() {
        CharAutomaton even = CharAutomaton.matching("(ab)*").ofLength(3, 5);
        assertThat(even.accepts("abab")).isTrue();
        assertThat(even.accepts("ab")).isFalse();
        assertThat(even.accepts("ababab")).isFalse();
    }
}
