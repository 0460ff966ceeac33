package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Expr.Parameters;
import org.sluice.chat.jinja.Token.Kind;

/** Reads expressions: Jinja2's precedence, loosest first, one method per level. */
final class ExpressionParser {
    private static final int MAX_NESTING = 100;
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    /** Names that end a test without arguments: {@code x is defined and y}. */
    private static final Set<String> AFTER_TEST = Set.of("else", "or", "and", "if", "is", "in", "not", "recursive");

    private final TokenStream stream;
    private int nesting;

    /** Every name read so far; statements look which appear in a macro's body. */
    final Set<String> namesRead = new HashSet<>();

    ExpressionParser(TokenStream stream) {
        this.stream = stream;
    }

    Expr expression() {
        return expression(true);
    }

    /** @param conditional whether {@code a if b else c} is allowed; a loop's {@code if} is its own */
    Expr expression(boolean conditional) {
        if (++nesting > MAX_NESTING) {
            throw JinjaException.syntax(
                    "expressions nested deeper than " + MAX_NESTING,
                    stream.current().line());
        }
        try {
            return conditional ? conditional() : or();
        } finally {
            nesting--;
        }
    }

    /** One expression, or several with commas, which make a tuple. */
    Expr tuple(boolean conditional) {
        List<Expr> items = new ArrayList<>();
        boolean several = false;
        do {
            if (tupleEnds()) {
                break;
            }
            items.add(expression(conditional));
            several |= stream.current().isOperator(",");
        } while (stream.skipOperator(","));
        if (several) {
            return new Expr.TupleOf(items);
        }
        if (items.isEmpty()) {
            throw stream.unexpected("expected an expression");
        }
        return items.getFirst();
    }

    private boolean tupleEnds() {
        Token t = stream.current();
        return t.is(Kind.PRINT_END) || t.is(Kind.BLOCK_END) || t.isOperator(")") || t.isName("recursive");
    }

    private Expr conditional() {
        Expr then = or();
        while (stream.skipName("if")) {
            Expr test = or();
            Expr otherwise = stream.skipName("else") ? expression() : null;
            then = new Expr.Conditional(test, then, otherwise);
        }
        return then;
    }

    private Expr or() {
        Expr left = and();
        while (stream.skipName("or")) {
            left = new Expr.Or(left, and());
        }
        return left;
    }

    private Expr and() {
        Expr left = not();
        while (stream.skipName("and")) {
            left = new Expr.And(left, not());
        }
        return left;
    }

    private Expr not() {
        int count = 0;
        while (stream.skipName("not")) {
            count++;
        }
        Expr operand = comparison();
        for (int i = 0; i < Math.min(count, 2 - count % 2); i++) {
            operand = new Expr.Not(operand);
        }
        return operand;
    }

    private Expr comparison() {
        Expr first = sum();
        List<Expr.Comparison> rest = new ArrayList<>();
        while (true) {
            Token t = stream.current();
            if (t.is(Kind.OPERATOR) && COMPARISONS.contains(t.text())) {
                stream.next();
                rest.add(new Expr.Comparison(t.text(), sum()));
            } else if (stream.skipName("in")) {
                rest.add(new Expr.Comparison("in", sum()));
            } else if (t.isName("not") && stream.look().isName("in")) {
                stream.next();
                stream.next();
                rest.add(new Expr.Comparison("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Expr.Compare(first, rest);
            }
        }
    }

    private Expr sum() {
        Expr left = concat();
        while (stream.current().isOperator("+") || stream.current().isOperator("-")) {
            String operator = stream.next().text();
            left = new Expr.Binary(operator, left, concat());
        }
        return left;
    }

    private Expr concat() {
        Expr first = product();
        if (!stream.current().isOperator("~")) {
            return first;
        }
        List<Expr> parts = new ArrayList<>(List.of(first));
        while (stream.skipOperator("~")) {
            parts.add(product());
        }
        return new Expr.Concat(parts);
    }

    private Expr product() {
        Expr left = power();
        while (stream.current().is(Kind.OPERATOR)
                && PRODUCTS.contains(stream.current().text())) {
            String operator = stream.next().text();
            left = new Expr.Binary(operator, left, power());
        }
        return left;
    }

    private Expr power() {
        Expr left = unary(true);
        while (stream.skipOperator("**")) {
            left = new Expr.Binary("**", left, unary(true));
        }
        return left;
    }

    private Expr unary(boolean withFilter) {
        if (++nesting > MAX_NESTING) {
            throw JinjaException.syntax(
                    "expressions nested deeper than " + MAX_NESTING,
                    stream.current().line());
        }
        Expr node;
        if (stream.skipOperator("-")) {
            node = new Expr.Negate(unary(false));
        } else if (stream.skipOperator("+")) {
            node = new Expr.Plus(unary(false));
        } else {
            node = primary();
        }
        nesting--;
        node = postfix(node);
        return withFilter ? filters(node) : node;
    }

    private Expr primary() {
        Token t = stream.current();
        switch (t.kind()) {
            case NAME -> {
                stream.next();
                return switch (t.text()) {
                    case "true", "True" -> new Expr.Literal(true);
                    case "false", "False" -> new Expr.Literal(false);
                    case "none", "None" -> new Expr.Literal(null);
                    default -> {
                        namesRead.add(t.text());
                        yield new Expr.Name(t.text());
                    }
                };
            }
            case STRING -> {
                StringBuilder all = new StringBuilder();
                while (stream.current().is(Kind.STRING)) {
                    all.append(stream.next().value());
                }
                return new Expr.Literal(all.toString());
            }
            case INTEGER, FLOAT -> {
                stream.next();
                return new Expr.Literal(t.value());
            }
            default -> {}
        }
        if (stream.skipOperator("(")) {
            Expr inner = stream.current().isOperator(")") ? new Expr.TupleOf(List.of()) : tuple(true);
            stream.expectOperator(")");
            return inner;
        }
        if (stream.skipOperator("[")) {
            return new Expr.ListOf(list("]"));
        }
        if (stream.skipOperator("{")) {
            return dict();
        }
        throw JinjaException.syntax("unexpected " + t.describe(), t.line());
    }

    private List<Expr> list(String end) {
        List<Expr> items = new ArrayList<>();
        while (!stream.skipOperator(end)) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
                if (stream.skipOperator(end)) {
                    break;
                }
            }
            items.add(expression());
        }
        return items;
    }

    private Expr dict() {
        List<Expr.Entry> entries = new ArrayList<>();
        while (!stream.skipOperator("}")) {
            if (!entries.isEmpty()) {
                stream.expectOperator(",");
                if (stream.skipOperator("}")) {
                    break;
                }
            }
            Expr key = expression();
            stream.expectOperator(":");
            entries.add(new Expr.Entry(key, expression()));
        }
        return new Expr.DictOf(entries);
    }

    private Expr postfix(Expr start) {
        Expr node = start;
        while (true) {
            if (stream.skipOperator(".")) {
                Token t = stream.next();
                node = switch (t.kind()) {
                    case NAME -> new Expr.Attribute(node, t.text());
                    case INTEGER -> new Expr.Item(node, new Expr.Literal(t.value()));
                    default -> throw JinjaException.syntax("expected name or number, got " + t.describe(), t.line());
                };
            } else if (stream.skipOperator("[")) {
                node = subscript(node);
            } else if (stream.skipOperator("(")) {
                node = new Expr.Call(node, parameters());
            } else {
                return node;
            }
        }
    }

    private Expr subscript(Expr target) {
        List<Expr> items = new ArrayList<>();
        while (true) {
            Expr from = stream.current().isOperator(":") ? null : expression();
            if (stream.skipOperator(":")) {
                if (!items.isEmpty()) {
                    throw stream.unexpected("expected one slice");
                }
                Expr to = sliceBound();
                Expr step = stream.skipOperator(":") ? sliceBound() : null;
                stream.expectOperator("]");
                return new Expr.Slice(target, from, to, step);
            }
            if (from == null) {
                throw stream.unexpected("expected an index");
            }
            items.add(from);
            if (stream.skipOperator("]")) {
                return new Expr.Item(target, items.size() == 1 ? from : new Expr.TupleOf(items));
            }
            stream.expectOperator(",");
        }
    }

    private @Nullable Expr sliceBound() {
        return stream.current().isOperator(":") || stream.current().isOperator("]") ? null : expression();
    }

    /** What follows an opening parenthesis, closing one included. */
    Parameters parameters() {
        List<Expr> positional = new ArrayList<>();
        List<Expr.Keyword> keywords = new ArrayList<>();
        Expr star = null;
        Expr doubleStar = null;
        boolean first = true;
        while (!stream.skipOperator(")")) {
            if (!first) {
                stream.expectOperator(",");
                if (stream.skipOperator(")")) {
                    break;
                }
            }
            first = false;
            if (stream.skipOperator("**")) {
                doubleStar = expression();
            } else if (stream.skipOperator("*")) {
                star = expression();
            } else if (stream.current().is(Kind.NAME) && stream.look().isOperator("=")) {
                String name = stream.next().text();
                stream.next();
                keywords.add(new Expr.Keyword(name, expression()));
            } else if (!keywords.isEmpty() || doubleStar != null) {
                throw stream.unexpected("a positional argument after keyword arguments");
            } else {
                positional.add(expression());
            }
        }
        return new Parameters(positional, keywords, star, doubleStar);
    }

    private Expr filters(Expr start) {
        Expr node = start;
        while (true) {
            if (stream.skipOperator("|")) {
                node = filter(node);
            } else if (stream.skipName("is")) {
                node = test(node);
            } else if (stream.skipOperator("(")) {
                node = new Expr.Call(node, parameters());
            } else {
                return node;
            }
        }
    }

    /** A filter's name and arguments, the bar already read. */
    Expr.Filter filter(@Nullable Expr target) {
        String name = dottedName();
        return new Expr.Filter(target, name, stream.skipOperator("(") ? parameters() : Parameters.NONE);
    }

    private Expr test(Expr target) {
        boolean negated = stream.skipName("not");
        String name = dottedName();
        Parameters parameters = Parameters.NONE;
        Token t = stream.current();
        if (stream.skipOperator("(")) {
            parameters = parameters();
        } else if ((t.is(Kind.NAME) && !AFTER_TEST.contains(t.text()))
                || t.is(Kind.STRING)
                || t.is(Kind.INTEGER)
                || t.is(Kind.FLOAT)
                || t.isOperator("[")
                || t.isOperator("{")) {
            parameters = new Parameters(List.of(postfix(primary())), List.of(), null, null);
        }
        Expr test = new Expr.Test(target, name, parameters);
        return negated ? new Expr.Not(test) : test;
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(stream.expect(Kind.NAME).text());
        while (stream.skipOperator(".")) {
            name.append('.').append(stream.expect(Kind.NAME).text());
        }
        return name.toString();
    }
}
