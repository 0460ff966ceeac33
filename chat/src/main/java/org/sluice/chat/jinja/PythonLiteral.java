package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A value written as Python writes it: {@code True}, {@code None}, {@code 'text'}, {@code {'a': [1, (2, 3)]}}.
 *
 * @param value made of maps with string keys, lists, strings, numbers, booleans and null
 */
public record PythonLiteral(@Nullable Object value) {
    private static final int MAX_LENGTH = 1 << 20;

    /** The literal a text is, if it is one and nothing else. */
    public static Optional<PythonLiteral> parse(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            TokenStream stream = new TokenStream(Lexer.expression(text));
            Expr expr = new ExpressionParser(stream).expression();
            return stream.current().is(Token.Kind.END) ? Optional.of(new PythonLiteral(value(expr))) : Optional.empty();
        } catch (JinjaException | StackOverflowError notALiteral) {
            return Optional.empty();
        }
    }

    private static @Nullable Object value(Expr expr) {
        return switch (expr) {
            case Expr.Literal e -> e.value();
            case Expr.ListOf e -> list(e.items());
            case Expr.TupleOf e -> list(e.items());
            case Expr.DictOf e -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (Expr.Entry entry : e.entries()) {
                    map.put(String.valueOf(value(entry.key())), value(entry.value()));
                }
                yield map;
            }
            case Expr.Negate e when value(e.operand()) instanceof Number n -> Numbers.negate(n);
            default -> throw JinjaException.runtime("not a literal");
        };
    }

    private static List<@Nullable Object> list(List<Expr> items) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Expr item : items) {
            values.add(value(item));
        }
        return values;
    }
}
