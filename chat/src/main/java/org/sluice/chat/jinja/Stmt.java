package org.sluice.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement of a template; {@code line} is where it begins. */
sealed interface Stmt {
    int line();

    record Text(String text, int line) implements Stmt {}

    record Print(Expr value, int line) implements Stmt {}

    record If(List<Branch> branches, List<Stmt> otherwise, int line) implements Stmt {}

    record Branch(Expr test, List<Stmt> body) {}

    record For(
            Target target,
            Expr items,
            @Nullable Expr condition,
            List<Stmt> body,
            List<Stmt> otherwise,
            boolean recursive,
            int line)
            implements Stmt {}

    record Assign(Target target, Expr value, int line) implements Stmt {}

    /** {@code {% set x %}…{% endset %}}, through a filter where there is one. */
    record Capture(Target target, Expr.@Nullable Filter filter, List<Stmt> body, int line) implements Stmt {}

    record MacroDefinition(MacroShape shape, int line) implements Stmt {}

    record CallBlock(Expr.Call call, MacroShape caller, int line) implements Stmt {}

    record FilterBlock(Expr.Filter filter, List<Stmt> body, int line) implements Stmt {}

    record With(List<Assign> assignments, List<Stmt> body, int line) implements Stmt {}

    record Break(int line) implements Stmt {}

    record Continue(int line) implements Stmt {}

    /**
     * A macro as written.
     *
     * @param defaults of the last parameters
     * @param varargs whether the body reads {@code varargs}, so that more arguments are welcome; {@code kwargs} likewise
     */
    record MacroShape(
            String name,
            List<String> parameters,
            List<Expr> defaults,
            List<Stmt> body,
            boolean varargs,
            boolean kwargs) {}

    /** What an assignment writes to. */
    sealed interface Target {
        record Variable(String name) implements Target {}

        record NamespaceMember(String namespace, String member) implements Target {}

        record Several(List<Target> targets) implements Target {}
    }
}
