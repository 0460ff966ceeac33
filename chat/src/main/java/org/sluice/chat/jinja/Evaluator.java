package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Tuple;

/** Evaluates expressions in a scope. */
final class Evaluator {
    private final Budget budget;
    private final Filters filters;

    Evaluator(Budget budget) {
        this.budget = budget;
        this.filters = new Filters(budget);
    }

    Filters filters() {
        return filters;
    }

    @Nullable
    Object evaluate(Expr expr, Scope scope) {
        budget.step();
        return switch (expr) {
            case Expr.Literal e -> e.value();
            case Expr.Name e -> scope.get(e.name());
            case Expr.Attribute e -> Members.attribute(evaluate(e.target(), scope), e.name(), budget);
            case Expr.Item e -> Members.item(evaluate(e.target(), scope), evaluate(e.index(), scope), budget);
            case Expr.Slice e ->
                Members.slice(
                        evaluate(e.target(), scope),
                        optional(e.from(), scope),
                        optional(e.to(), scope),
                        optional(e.step(), scope),
                        budget);
            case Expr.ListOf e -> all(e.items(), scope);
            case Expr.TupleOf e -> new Tuple(all(e.items(), scope));
            case Expr.DictOf e -> dict(e, scope);
            case Expr.Call e -> call(evaluate(e.target(), scope), arguments(e.parameters(), scope));
            case Expr.Filter e -> {
                if (e.target() == null) {
                    throw new IllegalStateException("a filter block's filter has no target of its own");
                }
                yield filters.apply(e.name(), evaluate(e.target(), scope), arguments(e.parameters(), scope));
            }
            case Expr.Test e ->
                Checks.check(e.name(), evaluate(e.target(), scope), arguments(e.parameters(), scope), budget);
            case Expr.Conditional e -> {
                if (Values.truth(evaluate(e.test(), scope))) {
                    yield evaluate(e.then(), scope);
                }
                yield e.otherwise() == null
                        ? new Undefined("the inline if has no else")
                        : evaluate(e.otherwise(), scope);
            }
            case Expr.And e -> {
                Object left = evaluate(e.left(), scope);
                yield Values.truth(left) ? evaluate(e.right(), scope) : left;
            }
            case Expr.Or e -> {
                Object left = evaluate(e.left(), scope);
                yield Values.truth(left) ? left : evaluate(e.right(), scope);
            }
            case Expr.Not e -> !Values.truth(evaluate(e.operand(), scope));
            case Expr.Compare e -> compare(e, scope);
            case Expr.Binary e -> binary(e.operator(), evaluate(e.left(), scope), evaluate(e.right(), scope));
            case Expr.Concat e -> concat(e, scope);
            case Expr.Negate e -> Numbers.negate(number(evaluate(e.operand(), scope), "-"));
            case Expr.Plus e -> {
                Object value = number(evaluate(e.operand(), scope), "+");
                yield value instanceof Boolean ? Numbers.big(value).longValue() : value;
            }
        };
    }

    private @Nullable Object optional(@Nullable Expr expr, Scope scope) {
        return expr == null ? null : evaluate(expr, scope);
    }

    private List<@Nullable Object> all(List<Expr> items, Scope scope) {
        List<@Nullable Object> values = new ArrayList<>(items.size());
        for (Expr item : items) {
            values.add(evaluate(item, scope));
        }
        return values;
    }

    private Map<Object, @Nullable Object> dict(Expr.DictOf e, Scope scope) {
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        for (Expr.Entry entry : e.entries()) {
            map.put(Values.key(evaluate(entry.key(), scope)), evaluate(entry.value(), scope));
        }
        return map;
    }

    Arguments arguments(Expr.Parameters p, Scope scope) {
        if (p.equals(Expr.Parameters.NONE)) {
            return Arguments.NONE;
        }
        List<@Nullable Object> positional = all(p.positional(), scope);
        if (p.star() != null) {
            positional.addAll(Values.iterate(evaluate(p.star(), scope), budget));
        }
        Map<String, @Nullable Object> keyword = new LinkedHashMap<>();
        for (Expr.Keyword k : p.keywords()) {
            keyword.put(k.name(), evaluate(k.value(), scope));
        }
        if (p.doubleStar() != null) {
            if (!(evaluate(p.doubleStar(), scope) instanceof Map<?, ?> more)) {
                throw JinjaException.runtime("the value after ** must be a mapping");
            }
            more.forEach((k, v) -> keyword.put(Text.str(k, budget), v));
        }
        return new Arguments(positional, keyword);
    }

    @Nullable
    Object call(@Nullable Object target, Arguments arguments) {
        return switch (target) {
            case Callable c -> {
                budget.enter();
                try {
                    yield c.call(arguments);
                } finally {
                    budget.leave();
                }
            }
            case Undefined u -> throw u.failure();
            case null, default ->
                throw JinjaException.runtime("'" + Values.typeName(target) + "' object is not callable");
        };
    }

    private boolean compare(Expr.Compare e, Scope scope) {
        Object left = evaluate(e.first(), scope);
        for (Expr.Comparison c : e.rest()) {
            Object right = evaluate(c.operand(), scope);
            if (!Checks.compare(c.operator(), left, right, budget)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Object binary(String operator, @Nullable Object a, @Nullable Object b) {
        return switch (operator) {
            case "+" -> Values.add(a, b, budget);
            case "*" -> Values.multiply(a, b, budget);
            case "%" -> a instanceof String format ? Formats.percent(format, b, budget) : Values.arithmetic("%", a, b);
            default -> Values.arithmetic(operator, a, b);
        };
    }

    private String concat(Expr.Concat e, Scope scope) {
        StringBuilder out = new StringBuilder();
        for (Expr part : e.parts()) {
            String text = Text.str(evaluate(part, scope), budget);
            budget.characters(text.length());
            out.append(text);
        }
        return out.toString();
    }

    private static Object number(@Nullable Object v, String operator) {
        if (v instanceof Undefined u) {
            throw u.failure();
        }
        if (v == null || !Numbers.isNumber(v)) {
            throw JinjaException.runtime("bad operand type for unary " + operator + ": '" + Values.typeName(v) + "'");
        }
        return v;
    }
}
