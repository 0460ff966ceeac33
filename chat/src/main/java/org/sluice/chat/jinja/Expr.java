package org.sluice.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression of a template. */
sealed interface Expr {
    record Literal(@Nullable Object value) implements Expr {}

    record Name(String name) implements Expr {}

    record ListOf(List<Expr> items) implements Expr {}

    record TupleOf(List<Expr> items) implements Expr {}

    record DictOf(List<Entry> entries) implements Expr {}

    record Entry(Expr key, Expr value) {}

    /** {@code target.name}: an attribute, else an item. */
    record Attribute(Expr target, String name) implements Expr {}

    /** {@code target[index]}: an item, else an attribute. */
    record Item(Expr target, Expr index) implements Expr {}

    record Slice(
            Expr target,
            @Nullable Expr from,
            @Nullable Expr to,
            @Nullable Expr step) implements Expr {}

    record Call(Expr target, Parameters parameters) implements Expr {}

    /** {@code target | name(...)}; without a target, the filter of a {@code filter} block. */
    record Filter(@Nullable Expr target, String name, Parameters parameters) implements Expr {}

    record Test(Expr target, String name, Parameters parameters) implements Expr {}

    record Conditional(Expr test, Expr then, @Nullable Expr otherwise) implements Expr {}

    record And(Expr left, Expr right) implements Expr {}

    record Or(Expr left, Expr right) implements Expr {}

    record Not(Expr operand) implements Expr {}

    /** {@code a < b <= c}: each pair must hold, each operand is evaluated once. */
    record Compare(Expr first, List<Comparison> rest) implements Expr {}

    record Comparison(String operator, Expr operand) {}

    record Binary(String operator, Expr left, Expr right) implements Expr {}

    record Concat(List<Expr> parts) implements Expr {}

    record Negate(Expr operand) implements Expr {}

    record Plus(Expr operand) implements Expr {}

    /** What stands between the parentheses of a call. */
    record Parameters(
            List<Expr> positional,
            List<Keyword> keywords,
            @Nullable Expr star,
            @Nullable Expr doubleStar) {
        static final Parameters NONE = new Parameters(List.of(), List.of(), null, null);
    }

    record Keyword(String name, Expr value) {}
}
