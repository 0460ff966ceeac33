package org.sluice.decode.constraint;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A description of texts, from which {@link Grammar#of} makes an automaton over bytes. */
public sealed interface Syntax {
    /** The empty text. */
    Syntax EMPTY = new Sequence(List.of());

    /** These bytes. */
    record Literal(byte[] bytes) implements Syntax {}

    /**
     * Characters that an automaton accepts.
     *
     * @param min fewest characters
     * @param max most characters, or −1
     */
    record Text(CharAutomaton automaton, Encoding encoding, int min, int max) implements Syntax {}

    /** One after the other. */
    record Sequence(List<Syntax> parts) implements Syntax {}

    /** Any one of these; of none, no text at all. */
    record Choice(List<Syntax> options) implements Syntax {}

    /** {@code min} to {@code max} times, or without limit where {@code max} is −1. */
    record Repeat(Syntax body, int min, int max) implements Syntax {}

    /** The texts of a rule; how grammars refer to themselves. */
    record Call(Rule rule) implements Syntax {}

    /**
     * Parts in a fixed order, of which some may be missing. Either all are, and the text is empty, or it is {@code first} part
     * ({@code separator} part)* {@code last}.
     *
     * @param more any number of these may follow the parts, or null
     */
    record Fields(List<Field> fields, @Nullable Syntax more, Syntax first, Syntax separator, Syntax last)
            implements Syntax {}

    /** One of {@link Fields}. */
    record Field(Syntax syntax, boolean required) {}

    /**
     * Any bytes up to the first occurrence of a mark, and what follows the mark.
     *
     * @param marks texts that end it, none part of another one
     * @param mayEnd whether the text may also end without a mark
     */
    record Free(List<Mark> marks, boolean mayEnd) implements Syntax {}

    /**
     * What ends {@link Free} text.
     *
     * @param text in ASCII
     * @param next what follows it, or null where it must not occur
     */
    record Mark(String text, @Nullable Syntax next) {}

    /** How a character is written. */
    enum Encoding {
        /** In UTF-8. */
        PLAIN,
        /** As part of a JSON string; quotes, backslashes and control characters by their shortest escape. */
        JSON,
        /** As part of a JSON string, with every escape JSON knows. */
        JSON_ANY
    }

    /** A named syntax that may refer to itself: its body is asked for once, when a grammar is made. */
    final class Rule {
        private final String name;
        private final Supplier<Syntax> body;

        /** @param name used in errors */
        public Rule(String name, Supplier<Syntax> body) {
            this.name = name;
            this.body = body;
        }

        String name() {
            return name;
        }

        Syntax body() {
            return body.get();
        }
    }

    /** A text as it stands. */
    static Syntax literal(String text) {
        return new Literal(text.getBytes(StandardCharsets.UTF_8));
    }

    /** One after the other. */
    static Syntax sequence(Syntax... parts) {
        return new Sequence(List.of(parts));
    }

    /** Any one of these. */
    static Syntax choice(Syntax... options) {
        return new Choice(List.of(options));
    }

    /** This or nothing. */
    static Syntax optional(Syntax body) {
        return choice(EMPTY, body);
    }

    /** A whole text that a regular expression matches. */
    static Syntax regex(String pattern) {
        return new Text(CharAutomaton.matching(pattern), Encoding.PLAIN, 0, Regex.UNBOUNDED);
    }

    /** A rule that is no part of a recursion. */
    static Syntax rule(String name, Syntax body) {
        return new Call(new Rule(name, () -> body));
    }
}
