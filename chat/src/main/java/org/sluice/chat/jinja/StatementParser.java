package org.sluice.chat.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.sluice.chat.jinja.Stmt.MacroShape;
import org.sluice.chat.jinja.Stmt.Target;
import org.sluice.chat.jinja.Token.Kind;

/** Reads statements and text. What reaches for other files ({@code include}, {@code import}, {@code extends}) is refused. */
final class StatementParser {
    private static final int MAX_NESTING = 100;

    private final TokenStream stream;
    private final ExpressionParser expressions;
    private int nesting;
    private int loops;

    private StatementParser(TokenStream stream) {
        this.stream = stream;
        this.expressions = new ExpressionParser(stream);
    }

    static List<Stmt> parse(String template) {
        StatementParser parser = new StatementParser(new TokenStream(Lexer.tokens(template)));
        return parser.body(Set.of());
    }

    /** Statements up to one of the tags named, whose name is then the current token; up to the end if none is named. */
    private List<Stmt> body(Set<String> until) {
        if (++nesting > MAX_NESTING) {
            throw JinjaException.syntax(
                    "blocks nested deeper than " + MAX_NESTING, stream.current().line());
        }
        List<Stmt> statements = new ArrayList<>();
        while (true) {
            Token t = stream.next();
            switch (t.kind()) {
                case DATA -> statements.add(new Stmt.Text(t.text(), t.line()));
                case PRINT_BEGIN -> {
                    statements.add(new Stmt.Print(expressions.tuple(true), t.line()));
                    stream.expect(Kind.PRINT_END);
                }
                case BLOCK_BEGIN -> {
                    Token name = stream.current();
                    if (name.is(Kind.NAME) && until.contains(name.text())) {
                        nesting--;
                        return statements;
                    }
                    stream.expect(Kind.NAME);
                    statement(name, statements);
                }
                default -> {
                    if (!until.isEmpty()) {
                        throw JinjaException.syntax(
                                "the template ends where one of " + new TreeSet<>(until) + " is missing", t.line());
                    }
                    nesting--;
                    return statements;
                }
            }
        }
    }

    /** A body and its closing tag, which ends the block. */
    private List<Stmt> bodyThrough(String end) {
        stream.expect(Kind.BLOCK_END);
        List<Stmt> body = body(Set.of(end));
        closing(end);
        return body;
    }

    private void closing(String end) {
        stream.expectName(end);
        stream.expect(Kind.BLOCK_END);
    }

    private void statement(Token tag, List<Stmt> into) {
        int line = tag.line();
        switch (tag.text()) {
            case "if" -> into.add(branches(line));
            case "for" -> into.add(loop(line));
            case "set" -> into.add(set(line));
            case "macro" -> into.add(macro(line));
            case "call" -> into.add(callBlock(line));
            case "filter" -> into.add(filterBlock(line));
            case "with" -> into.add(with(line));
            // What training marks as the model's own words is ordinary text for inference.
            case "generation" -> into.addAll(bodyThrough("endgeneration"));
            case "block" -> {
                stream.expect(Kind.NAME);
                stream.expect(Kind.BLOCK_END);
                into.add(new Stmt.With(List.of(), body(Set.of("endblock")), line));
                stream.expectName("endblock");
                if (stream.current().is(Kind.NAME)) {
                    stream.next();
                }
                stream.expect(Kind.BLOCK_END);
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw JinjaException.syntax("'" + tag.text() + "' outside of a loop", line);
                }
                into.add(tag.text().equals("break") ? new Stmt.Break(line) : new Stmt.Continue(line));
                stream.expect(Kind.BLOCK_END);
            }
            case "include", "import", "from", "extends" ->
                throw JinjaException.syntax(
                        "'" + tag.text() + "' reaches for another template, which a chat template may not", line);
            default -> throw JinjaException.syntax("unknown tag '" + tag.text() + "'", line);
        }
    }

    private Stmt branches(int line) {
        List<Stmt.Branch> branches = new ArrayList<>();
        List<Stmt> otherwise = List.of();
        do {
            Expr test = expressions.tuple(false);
            stream.expect(Kind.BLOCK_END);
            branches.add(new Stmt.Branch(test, body(Set.of("elif", "else", "endif"))));
        } while (stream.skipName("elif"));
        if (stream.skipName("else")) {
            otherwise = bodyThrough("endif");
        } else {
            closing("endif");
        }
        return new Stmt.If(branches, otherwise, line);
    }

    private Stmt loop(int line) {
        Target target = targets(false);
        stream.expectName("in");
        Expr items = expressions.tuple(false);
        Expr condition = stream.skipName("if") ? expressions.expression() : null;
        boolean recursive = stream.skipName("recursive");
        stream.expect(Kind.BLOCK_END);
        loops++;
        List<Stmt> body = body(Set.of("else", "endfor"));
        loops--;
        List<Stmt> otherwise = List.of();
        if (stream.skipName("else")) {
            otherwise = bodyThrough("endfor");
        } else {
            closing("endfor");
        }
        return new Stmt.For(target, items, condition, body, otherwise, recursive, line);
    }

    private Stmt set(int line) {
        Target target = targets(true);
        if (stream.skipOperator("=")) {
            Expr value = expressions.tuple(true);
            stream.expect(Kind.BLOCK_END);
            return new Stmt.Assign(target, value, line);
        }
        Expr.Filter filter = stream.skipOperator("|") ? filterChain() : null;
        return new Stmt.Capture(target, filter, bodyThrough("endset"), line);
    }

    private Target targets(boolean withNamespace) {
        List<Target> targets = new ArrayList<>();
        boolean several = false;
        do {
            if (stream.current().is(Kind.BLOCK_END) || stream.current().isOperator("=")) {
                break;
            }
            if (stream.skipOperator("(")) {
                targets.add(targets(withNamespace));
                stream.expectOperator(")");
            } else {
                targets.add(target(withNamespace));
            }
            several |= stream.current().isOperator(",");
        } while (stream.skipOperator(","));
        if (targets.isEmpty()) {
            throw stream.unexpected("expected a name to assign to");
        }
        return several ? new Target.Several(targets) : targets.getFirst();
    }

    private Target target(boolean withNamespace) {
        Token name = stream.expect(Kind.NAME);
        switch (name.text()) {
            case "true", "false", "none", "True", "False", "None", "loop" ->
                throw JinjaException.syntax("cannot assign to '" + name.text() + "'", name.line());
            default -> {}
        }
        if (withNamespace && stream.skipOperator(".")) {
            return new Target.NamespaceMember(
                    name.text(), stream.expect(Kind.NAME).text());
        }
        return new Target.Variable(name.text());
    }

    private Stmt macro(int line) {
        String name = stream.expect(Kind.NAME).text();
        stream.expectOperator("(");
        return new Stmt.MacroDefinition(shape(name, "endmacro"), line);
    }

    private Stmt callBlock(int line) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        if (stream.skipOperator("(")) {
            signature(parameters, defaults);
        }
        Expr call = expressions.expression();
        if (!(call instanceof Expr.Call it)) {
            throw JinjaException.syntax("expected a call", line);
        }
        return new Stmt.CallBlock(it, macroBody("caller", parameters, defaults, "endcall"), line);
    }

    private MacroShape shape(String name, String end) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        signature(parameters, defaults);
        return macroBody(name, parameters, defaults, end);
    }

    private MacroShape macroBody(String name, List<String> parameters, List<Expr> defaults, String end) {
        Set<String> outside = new HashSet<>(expressions.namesRead);
        expressions.namesRead.clear();
        int outerLoops = loops;
        loops = 0;
        List<Stmt> body = bodyThrough(end);
        loops = outerLoops;
        boolean varargs = expressions.namesRead.contains("varargs");
        boolean kwargs = expressions.namesRead.contains("kwargs");
        expressions.namesRead.addAll(outside);
        return new MacroShape(name, parameters, defaults, body, varargs, kwargs);
    }

    private void signature(List<String> parameters, List<Expr> defaults) {
        while (!stream.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                stream.expectOperator(",");
            }
            parameters.add(stream.expect(Kind.NAME).text());
            if (stream.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw stream.unexpected("a parameter without default after one with default");
            }
        }
    }

    private Stmt filterBlock(int line) {
        return new Stmt.FilterBlock(filterChain(), bodyThrough("endfilter"), line);
    }

    private Expr.Filter filterChain() {
        Expr.Filter filter = expressions.filter(null);
        while (stream.skipOperator("|")) {
            filter = expressions.filter(filter);
        }
        return filter;
    }

    private Stmt with(int line) {
        List<Stmt.Assign> assignments = new ArrayList<>();
        while (!stream.current().is(Kind.BLOCK_END)) {
            if (!assignments.isEmpty()) {
                stream.expectOperator(",");
            }
            Target target = target(false);
            stream.expectOperator("=");
            assignments.add(new Stmt.Assign(target, expressions.expression(), line));
        }
        return new Stmt.With(assignments, bodyThrough("endwith"), line);
    }
}
