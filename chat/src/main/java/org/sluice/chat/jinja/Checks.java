package org.sluice.chat.jinja;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Sequence.Generator;
import org.sluice.chat.jinja.Sequence.View;

/** Tests ({@code x is …}) and comparisons. */
final class Checks {
    private Checks() {}

    static boolean check(String name, @Nullable Object v, Arguments a, Budget budget) {
        return switch (name) {
            case "defined" -> !(v instanceof Undefined);
            case "undefined" -> v instanceof Undefined;
            case "none" -> v == null;
            case "boolean" -> v instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(v);
            case "false" -> Boolean.FALSE.equals(v);
            case "integer" -> Numbers.isInteger(v) && !(v instanceof Boolean);
            case "float" -> v instanceof Double;
            case "number" -> Numbers.isNumber(v);
            case "string" -> v instanceof String;
            case "mapping" -> v instanceof Map;
            case "sequence" -> v instanceof List || v instanceof Map || v instanceof String || v instanceof Undefined;
            case "iterable" ->
                v instanceof List
                        || v instanceof Map
                        || v instanceof String
                        || v instanceof View
                        || v instanceof Generator
                        || v instanceof Undefined;
            case "callable" -> v instanceof Callable || v instanceof Undefined;
            case "escaped" -> false;
            case "lower" -> Values.truth(StringMethods.call(Text.str(v, budget), "islower", Arguments.NONE, budget));
            case "upper" -> Values.truth(StringMethods.call(Text.str(v, budget), "isupper", Arguments.NONE, budget));
            case "odd" -> Values.equal(Values.arithmetic("%", v, 2L), 1L, budget);
            case "even" -> Values.equal(Values.arithmetic("%", v, 2L), 0L, budget);
            case "divisibleby" -> Values.equal(Values.arithmetic("%", v, a.require(0, "num")), 0L, budget);
            case "sameas" -> same(v, a.require(0, "other"));
            case "in" -> Values.contains(a.require(0, "seq"), v, budget);
            case "eq", "equalto", "==" -> compare("==", v, a.require(0, "other"), budget);
            case "ne", "!=" -> compare("!=", v, a.require(0, "other"), budget);
            case "lt", "lessthan", "<" -> compare("<", v, a.require(0, "other"), budget);
            case "le", "<=" -> compare("<=", v, a.require(0, "other"), budget);
            case "gt", "greaterthan", ">" -> compare(">", v, a.require(0, "other"), budget);
            case "ge", ">=" -> compare(">=", v, a.require(0, "other"), budget);
            default -> throw JinjaException.runtime("no test named '" + name + "'");
        };
    }

    static boolean compare(String operator, @Nullable Object a, @Nullable Object b, Budget budget) {
        return switch (operator) {
            case "==" -> Values.equal(a, b, budget);
            case "!=" -> !Values.equal(a, b, budget);
            case "<" -> ordered(a, b) && Values.compare(a, b, budget) < 0;
            case "<=" -> ordered(a, b) && Values.compare(a, b, budget) <= 0;
            case ">" -> ordered(a, b) && Values.compare(a, b, budget) > 0;
            case ">=" -> ordered(a, b) && Values.compare(a, b, budget) >= 0;
            case "in" -> Values.contains(b, a, budget);
            case "not in" -> !Values.contains(b, a, budget);
            default -> throw new IllegalArgumentException(operator);
        };
    }

    /** NaN is neither less nor greater than anything. */
    private static boolean ordered(@Nullable Object a, @Nullable Object b) {
        return !(a instanceof Double x && x.isNaN()) && !(b instanceof Double y && y.isNaN());
    }

    /** Identity, which for numbers and texts of one type Python leaves open: equality, here. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean same(@Nullable Object a, @Nullable Object b) {
        boolean scalar = a instanceof Boolean || a instanceof String || Numbers.isInteger(a);
        return a == b || (scalar && Values.typeName(a).equals(Values.typeName(b)) && Objects.equals(a, b));
    }
}
