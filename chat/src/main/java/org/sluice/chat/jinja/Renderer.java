package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Stmt.Target;

/** Runs statements; one per rendering. */
final class Renderer {
    /** How a statement ends: the loop around it goes on, stops, or takes its next turn. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Budget budget;
    private final Evaluator evaluator;
    private StringBuilder out = new StringBuilder();

    Renderer(Budget budget) {
        this.budget = budget;
        this.evaluator = new Evaluator(budget);
    }

    Evaluator evaluator() {
        return evaluator;
    }

    /** The text a body writes in a scope. */
    String capture(List<Stmt> body, Scope scope) {
        StringBuilder outer = out;
        out = new StringBuilder();
        try {
            run(body, scope);
            return out.toString();
        } finally {
            out = outer;
        }
    }

    private Flow run(List<Stmt> body, Scope scope) {
        for (Stmt statement : body) {
            budget.step();
            Flow flow;
            try {
                flow = run(statement, scope);
            } catch (JinjaException e) {
                throw e.at(statement.line());
            }
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Stmt statement, Scope scope) {
        switch (statement) {
            case Stmt.Text s -> write(s.text());
            case Stmt.Print s -> write(Text.str(evaluator.evaluate(s.value(), scope), budget));
            case Stmt.If s -> {
                return branch(s, scope);
            }
            case Stmt.For s -> loop(s, evaluator.evaluate(s.items(), scope), scope, 0);
            case Stmt.Assign s -> assign(s.target(), evaluator.evaluate(s.value(), scope), scope);
            case Stmt.Capture s -> {
                Object text = capture(s.body(), new Scope(scope));
                assign(s.target(), s.filter() == null ? text : filter(s.filter(), text, scope), scope);
            }
            case Stmt.MacroDefinition s -> scope.set(s.shape().name(), new Macro(s.shape(), scope, this));
            case Stmt.CallBlock s -> callBlock(s, scope);
            case Stmt.FilterBlock s -> {
                Object text = capture(s.body(), new Scope(scope));
                write(Text.str(filter(s.filter(), text, scope), budget));
            }
            case Stmt.With s -> {
                Scope inner = new Scope(scope);
                for (Stmt.Assign a : s.assignments()) {
                    assign(a.target(), evaluator.evaluate(a.value(), inner), inner);
                }
                return run(s.body(), inner);
            }
            case Stmt.Break s -> {
                return Flow.BREAK;
            }
            case Stmt.Continue s -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private void write(String text) {
        budget.characters(text.length());
        out.append(text);
    }

    private Flow branch(Stmt.If s, Scope scope) {
        for (Stmt.Branch b : s.branches()) {
            if (Values.truth(evaluator.evaluate(b.test(), scope))) {
                return run(b.body(), scope);
            }
        }
        return run(s.otherwise(), scope);
    }

    private void loop(Stmt.For s, @Nullable Object over, Scope scope, int depth) {
        List<? extends @Nullable Object> items = Values.iterate(over, budget);
        if (s.condition() != null) {
            items = matching(s.target(), s.condition(), items, scope);
        }
        LoopState state = new LoopState(items, depth, s.recursive() ? a -> recurse(s, a, scope, depth + 1) : null);
        for (int i = 0; i < items.size(); i++) {
            // A turn has a scope of its own, which costs more than a node.
            budget.steps(4);
            state.moveTo(i);
            // A scope per turn: what a turn sets is gone in the next.
            Scope turn = new Scope(scope);
            turn.set("loop", state);
            assign(s.target(), items.get(i), turn);
            if (run(s.body(), turn) == Flow.BREAK) {
                break;
            }
        }
        if (items.isEmpty()) {
            run(s.otherwise(), new Scope(scope));
        }
    }

    private List<? extends @Nullable Object> matching(
            Target target, Expr condition, List<? extends @Nullable Object> items, Scope scope) {
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : items) {
            Scope turn = new Scope(scope);
            assign(target, item, turn);
            if (Values.truth(evaluator.evaluate(condition, turn))) {
                kept.add(item);
            }
        }
        return kept;
    }

    private String recurse(Stmt.For s, Arguments arguments, Scope scope, int depth) {
        StringBuilder outer = out;
        out = new StringBuilder();
        try {
            loop(s, arguments.require(0, "iterable"), scope, depth);
            return out.toString();
        } finally {
            out = outer;
        }
    }

    private void callBlock(Stmt.CallBlock s, Scope scope) {
        Object target = evaluator.evaluate(s.call().target(), scope);
        Arguments given = evaluator.arguments(s.call().parameters(), scope);
        Map<String, @Nullable Object> keyword = new LinkedHashMap<>(given.keyword());
        keyword.put("caller", new Macro(s.caller(), scope, this));
        write(Text.str(evaluator.call(target, new Arguments(given.positional(), keyword)), budget));
    }

    private @Nullable Object filter(Expr.Filter filter, @Nullable Object text, Scope scope) {
        Object input = filter.target() instanceof Expr.Filter inner ? filter(inner, text, scope) : text;
        return evaluator.filters().apply(filter.name(), input, evaluator.arguments(filter.parameters(), scope));
    }

    private void assign(Target target, @Nullable Object value, Scope scope) {
        switch (target) {
            case Target.Variable t -> scope.set(t.name(), value);
            case Target.NamespaceMember t -> {
                if (!(scope.get(t.namespace()) instanceof Namespace namespace)) {
                    throw JinjaException.runtime(
                            "cannot assign to a member of '" + t.namespace() + "': it is no namespace");
                }
                namespace.members.put(t.member(), value);
            }
            case Target.Several t -> {
                List<? extends @Nullable Object> parts = Values.iterate(value, budget);
                if (parts.size() != t.targets().size()) {
                    throw JinjaException.runtime(
                            "expected " + t.targets().size() + " values to unpack, got " + parts.size());
                }
                for (int i = 0; i < parts.size(); i++) {
                    assign(t.targets().get(i), parts.get(i), scope);
                }
            }
        }
    }
}
