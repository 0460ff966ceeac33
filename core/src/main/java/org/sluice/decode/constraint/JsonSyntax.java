package org.sluice.decode.constraint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.decode.constraint.Syntax.Encoding;
import org.sluice.decode.constraint.Syntax.Field;
import org.sluice.error.UnsupportedException;

/**
 * The parts of JSON texts. White space is kept to what models write: behind an opening bracket, behind a comma and before a
 * closing bracket one blank, or one line end and up to {@value #INDENT} blanks; behind a colon one blank; elsewhere none.
 */
final class JsonSyntax {
    static final int INDENT = 40;
    /** Digits before and behind the point that numbers have at most. */
    static final int DIGITS = 18;

    private static final String INTEGER = "-?(0|[1-9][0-9]{0," + (DIGITS - 1) + "})";
    private static final String NUMBER = INTEGER + "(\\.[0-9]{1," + DIGITS + "})?([eE][+-]?[0-9]{1,2})?";

    private final List<String> forbidden;
    private final Syntax space;
    private final Syntax colon = Syntax.sequence(Syntax.literal(":"), Syntax.optional(Syntax.literal(" ")));
    private final Syntax comma;
    private final Syntax anyString;
    private final Syntax anyNumber = Syntax.rule("number", Syntax.regex(NUMBER));
    private final Syntax anyInteger = Syntax.rule("integer", Syntax.regex(INTEGER));
    private final Syntax anyObject;
    private final Syntax anyArray;
    private final Syntax any = new Syntax.Call(new Syntax.Rule("any value", this::anyBody));

    /** @param forbidden texts that no string may hold */
    JsonSyntax(List<String> forbidden) {
        this.forbidden = forbidden;
        space = Syntax.optional(Syntax.rule("white space", Syntax.regex(" |\n {0," + INDENT + "}")));
        comma = Syntax.sequence(Syntax.literal(","), space);
        anyString = Syntax.rule("string", string(CharAutomaton.anything(), Encoding.JSON_ANY, 0, Regex.UNBOUNDED));
        anyObject = Syntax.rule("any object", object(List.of(), otherField(List.of(), any)));
        anyArray = Syntax.rule("any array", array(any, 0, Regex.UNBOUNDED));
    }

    private Syntax anyBody() {
        return Syntax.choice(
                anyObject, anyArray, anyString, anyNumber, literal("true"), literal("false"), literal("null"));
    }

    Syntax any() {
        return any;
    }

    Syntax anyString() {
        return anyString;
    }

    Syntax anyNumber() {
        return anyNumber;
    }

    Syntax anyInteger() {
        return anyInteger;
    }

    /** A quoted string whose characters an automaton accepts. */
    Syntax string(CharAutomaton characters, Encoding encoding, int min, int max) {
        return Syntax.sequence(
                Syntax.literal("\""),
                new Syntax.Text(characters.without(forbidden), encoding, min, max),
                Syntax.literal("\""));
    }

    /** An object: fields in order, then any number of {@code more}. */
    Syntax object(List<Field> fields, @Nullable Syntax more) {
        return Syntax.sequence(
                Syntax.literal("{"), new Syntax.Fields(fields, more, space, comma, space), Syntax.literal("}"));
    }

    /** A field of an object with a value. */
    Syntax field(String name, Syntax value) {
        return Syntax.sequence(literal(JsonValues.quote(name)), colon, value);
    }

    /** A field whose name is none of these. */
    Syntax otherField(List<String> names, Syntax value) {
        Syntax key = names.isEmpty() ? anyString : string(OtherWords.than(names), Encoding.JSON, 0, Regex.UNBOUNDED);
        return Syntax.sequence(key, colon, value);
    }

    /** An array of equal items. */
    Syntax array(Syntax item, int min, int max) {
        List<Syntax> options = new ArrayList<>();
        if (min == 0) {
            options.add(literal("[]"));
        }
        if (max != 0) {
            int rest = max == Regex.UNBOUNDED ? max : max - 1;
            options.add(Syntax.sequence(
                    Syntax.literal("["),
                    space,
                    item,
                    new Syntax.Repeat(Syntax.sequence(comma, item), Math.max(0, min - 1), rest),
                    space,
                    Syntax.literal("]")));
        }
        return new Syntax.Choice(options);
    }

    /** One given value. */
    Syntax value(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map -> {
                List<Field> fields = new ArrayList<>();
                map.forEach((k, v) -> fields.add(new Field(field(String.valueOf(k), value(v)), true)));
                yield object(fields, null);
            }
            case List<?> list
            when !list.isEmpty() -> {
                List<Syntax> parts = new ArrayList<>(List.of(literal("["), space));
                for (int i = 0; i < list.size(); i++) {
                    if (i > 0) {
                        parts.add(comma);
                    }
                    parts.add(value(list.get(i)));
                }
                parts.add(space);
                parts.add(literal("]"));
                yield new Syntax.Sequence(parts);
            }
            case null, default -> literal(JsonValues.write(value));
        };
    }

    /** A string in quotes. */
    String textOf(String s) {
        return checked(JsonValues.quote(s));
    }

    /** A text as it stands, which must not hold what is forbidden. */
    Syntax literal(String text) {
        return Syntax.literal(checked(text));
    }

    /** @throws UnsupportedException where a text holds what is forbidden */
    String checked(String text) {
        for (String f : forbidden) {
            if (text.contains(f)) {
                throw new UnsupportedException("the schema demands the text " + text + ", which holds " + f
                        + ": that would end the constrained text; choose another one");
            }
        }
        return text;
    }
}
