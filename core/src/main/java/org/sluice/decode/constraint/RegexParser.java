package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.List;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;

/**
 * Reads regular expressions as JSON Schema's {@code pattern} writes them (ECMA-262, unicode mode): literals, dot, classes,
 * {@code \d \w \s \p{…}} and their negations, groups, alternatives, quantifiers (lazy ones mean the same here), {@code ^} and
 * {@code $}. What looks around or back has no automaton and is refused by name.
 */
final class RegexParser {
    private static final int MAX_DEPTH = 200;
    private static final int MAX_COUNT = 100_000;

    private final String source;
    private final int[] text;
    private int at;
    private int depth;

    private RegexParser(String source) {
        this.source = source;
        text = source.codePoints().toArray();
    }

    /**
     * @throws InvalidRequestException where it is no regular expression
     * @throws UnsupportedException where it uses what has no automaton
     */
    static Regex parse(String pattern) {
        RegexParser p = new RegexParser(pattern);
        Regex r = p.choice();
        if (p.at < p.text.length) {
            throw p.invalid("unmatched )");
        }
        return r;
    }

    private Regex choice() {
        if (++depth > MAX_DEPTH) {
            throw unsupported("groups nested deeper than " + MAX_DEPTH);
        }
        List<Regex> options = new ArrayList<>();
        do {
            options.add(sequence());
        } while (accept('|'));
        depth--;
        return options.size() == 1 ? options.getFirst() : new Regex.Choice(options);
    }

    private Regex sequence() {
        List<Regex> parts = new ArrayList<>();
        while (at < text.length && text[at] != '|' && text[at] != ')') {
            boolean anchor = text[at] == '^' || text[at] == '$';
            parts.add(quantified(atom(), anchor));
        }
        return parts.size() == 1 ? parts.getFirst() : new Regex.Sequence(parts);
    }

    private Regex quantified(Regex body, boolean anchor) {
        Regex r = body;
        if (at >= text.length) {
            return r;
        }
        if (anchor && "*+?{".indexOf(text[at]) >= 0) {
            throw invalid("a quantifier on an anchor");
        }
        switch (text[at]) {
            case '*' -> r = repeat(body, 0, Regex.UNBOUNDED);
            case '+' -> r = repeat(body, 1, Regex.UNBOUNDED);
            case '?' -> r = repeat(body, 0, 1);
            case '{' -> {
                int begin = at++;
                int min = number();
                int max = min;
                if (min >= 0 && accept(',')) {
                    max = at < text.length && text[at] == '}' ? Regex.UNBOUNDED : number();
                    if (max == NO_NUMBER) {
                        throw invalid("a { without a quantifier; write \\{ for the character");
                    }
                }
                if (min < 0 || at >= text.length || text[at] != '}') {
                    at = begin;
                    throw invalid("a { without a quantifier; write \\{ for the character");
                }
                if (max != Regex.UNBOUNDED && max < min) {
                    throw invalid("a quantifier {" + min + "," + max + "} whose bounds are out of order");
                }
                r = repeat(body, min, max);
            }
            default -> {
                return r;
            }
        }
        if (at < text.length && text[at] == '?') {
            at++;
        } else if (at < text.length && text[at] == '+') {
            throw unsupported("possessive quantifiers");
        }
        if (at < text.length && "*+?".indexOf(text[at]) >= 0) {
            throw invalid("a quantifier with nothing to repeat");
        }
        return r;
    }

    private Regex repeat(Regex body, int min, int max) {
        at++;
        return new Regex.Repeat(body, min, max);
    }

    private static final int NO_NUMBER = -2;

    private int number() {
        int begin = at;
        int n = 0;
        while (at < text.length && text[at] >= '0' && text[at] <= '9') {
            n = n * 10 + text[at++] - '0';
            if (n > MAX_COUNT) {
                throw unsupported("repetitions above " + MAX_COUNT);
            }
        }
        return at == begin ? NO_NUMBER : n;
    }

    private Regex atom() {
        int c = text[at++];
        return switch (c) {
            case '^' -> new Regex.Begin();
            case '$' -> new Regex.End();
            case '.' -> new Regex.Chars(CharacterClass.DOT.sure());
            case '(' -> group();
            case '[' -> new Regex.Chars(new ClassParser().parse().sure());
            case '\\' -> new Regex.Chars(escape(false).sure());
            case '*', '+', '?' -> {
                at--;
                throw invalid("a quantifier with nothing to repeat");
            }
            case '{', '}', ']' -> {
                at--;
                throw invalid("a lone " + Character.toString(c) + "; write \\" + Character.toString(c));
            }
            default -> new Regex.Chars(literal(c));
        };
    }

    private CodePoints literal(int c) {
        if (c >= 0xD800 && c <= 0xDFFF) {
            throw invalid("half a surrogate pair");
        }
        return CodePoints.of(c);
    }

    private Regex group() {
        if (accept('?')) {
            if (accept(':')) {
                // a group that captures nothing is what all groups are here
            } else if (at + 1 < text.length && text[at] == '<' && text[at + 1] != '=' && text[at + 1] != '!') {
                while (at < text.length && text[at] != '>') {
                    at++;
                }
                at++;
            } else if (at < text.length && "=!<".indexOf(text[at]) >= 0) {
                throw unsupported("lookahead and lookbehind");
            } else {
                throw unsupported("inline flags");
            }
        }
        Regex r = choice();
        if (!accept(')')) {
            throw invalid("a group that is not closed");
        }
        return r;
    }

    /** What follows a backslash. */
    private CharacterClass escape(boolean inClass) {
        if (at >= text.length) {
            throw invalid("a backslash at the end");
        }
        int c = text[at++];
        return switch (c) {
            case 'd' -> CharacterClass.DIGIT;
            case 'D' -> CharacterClass.DIGIT.negated();
            case 'w' -> CharacterClass.WORD;
            case 'W' -> CharacterClass.WORD.negated();
            case 's' -> CharacterClass.SPACE;
            case 'S' -> CharacterClass.SPACE.negated();
            case 'p' -> property();
            case 'P' -> property().negated();
            case 't' -> one('\t');
            case 'n' -> one('\n');
            case 'v' -> one(0x0B);
            case 'f' -> one('\f');
            case 'r' -> one('\r');
            case 'x' -> one(hex(2));
            case 'u' -> one(unicode());
            case 'c' -> {
                if (at >= text.length || !Character.isLetter(text[at]) || text[at] > 'z') {
                    throw invalid("\\c without a letter");
                }
                yield one(text[at++] & 31);
            }
            case '0' -> {
                if (at < text.length && Character.isDigit(text[at])) {
                    throw unsupported("octal escapes");
                }
                yield one(0);
            }
            case 'b' -> {
                if (!inClass) {
                    throw unsupported("word boundaries (\\b)");
                }
                yield one('\b');
            }
            case 'B' -> throw unsupported("word boundaries (\\B)");
            case 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> throw unsupported("back references");
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw unsupported("the escape \\" + Character.toString(c));
                }
                yield one(c);
            }
        };
    }

    private CharacterClass one(int c) {
        return CharacterClass.exactly(literal(c));
    }

    private CharacterClass property() {
        String name;
        if (accept('{')) {
            StringBuilder b = new StringBuilder();
            while (at < text.length && text[at] != '}') {
                b.appendCodePoint(text[at++]);
            }
            at++;
            name = b.toString();
        } else {
            name = at < text.length ? Character.toString(text[at++]) : "";
        }
        CharacterClass known = CharacterClass.property(name);
        if (known == null) {
            throw unsupported("the property \\p{" + name + "}");
        }
        return known;
    }

    private int unicode() {
        if (accept('{')) {
            int n = 0;
            int begin = at;
            while (at < text.length && text[at] != '}') {
                n = n * 16 + digit();
                if (n > 0x10FFFF) {
                    throw invalid("a code point above 10FFFF");
                }
            }
            if (at == begin || !accept('}')) {
                throw invalid("\\u{ without a code point");
            }
            return n;
        }
        int high = hex(4);
        if (Character.isHighSurrogate((char) high) && at + 1 < text.length && text[at] == '\\' && text[at + 1] == 'u') {
            at += 2;
            return Character.toCodePoint((char) high, (char) hex(4));
        }
        return high;
    }

    private int hex(int digits) {
        int n = 0;
        for (int i = 0; i < digits; i++) {
            n = n * 16 + digit();
        }
        return n;
    }

    private int digit() {
        int d = at < text.length ? Character.digit(text[at++], 16) : -1;
        if (d < 0) {
            throw invalid("an escape that lacks hexadecimal digits");
        }
        return d;
    }

    private boolean accept(int c) {
        if (at < text.length && text[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private InvalidRequestException invalid(String what) {
        return new InvalidRequestException("pattern '" + source + "' has " + what + " at index " + at);
    }

    private UnsupportedException unsupported(String what) {
        return new UnsupportedException("pattern '" + source + "' uses " + what + " at index " + at
                + ", which constrained output does not support; rewrite the pattern without");
    }

    /** Reads what stands between brackets. */
    private final class ClassParser {
        CharacterClass parse() {
            boolean negated = accept('^');
            CharacterClass all = CharacterClass.exactly(CodePoints.NONE);
            while (true) {
                if (at >= text.length) {
                    throw invalid("a class that is not closed");
                }
                if (accept(']')) {
                    return negated ? all.negated() : all;
                }
                if (text[at] == '[' || (text[at] == '&' && at + 1 < text.length && text[at + 1] == '&')) {
                    // characters for ECMA, set notation for Java: what is meant cannot be known
                    throw unsupported("set notation in a class; write \\[ or \\& for the character");
                }
                CharacterClass low = item();
                if (at + 1 < text.length && text[at] == '-' && text[at + 1] != ']') {
                    at++;
                    CharacterClass high = item();
                    all = all.or(range(low.sure(), high.sure()));
                } else {
                    all = all.or(low);
                }
            }
        }

        private CharacterClass item() {
            int c = text[at++];
            return c == '\\' ? escape(true) : one(c);
        }

        private CharacterClass range(CodePoints low, CodePoints high) {
            boolean single = low.ranges() == 1
                    && low.first(0) == low.last(0)
                    && high.ranges() == 1
                    && high.first(0) == high.last(0);
            if (!single || low.first(0) > high.first(0)) {
                throw invalid("a range in a class whose ends are no characters in order");
            }
            return CharacterClass.exactly(CodePoints.range(low.first(0), high.first(0)));
        }
    }
}
