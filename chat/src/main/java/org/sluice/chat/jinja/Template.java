package org.sluice.chat.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A parsed template; immutable, safe to render from several threads. */
public final class Template {
    /** Longer than any chat template by a factor of ten. */
    private static final int MAX_LENGTH = 1 << 20;

    private final List<Stmt> body;
    private final Clock clock;

    private Template(List<Stmt> body, Clock clock) {
        this.body = body;
        this.clock = clock;
    }

    /**
     * Parses a template.
     *
     * @param clock what {@code strftime_now} reads
     * @throws JinjaException where it is no Jinja, or reaches for another file
     */
    public static Template parse(String source, Clock clock) {
        if (source.length() > MAX_LENGTH) {
            throw JinjaException.limit("is longer than " + MAX_LENGTH + " characters");
        }
        try {
            return new Template(StatementParser.parse(source), clock);
        } catch (StackOverflowError e) {
            throw new JinjaException(JinjaException.Kind.LIMIT, "is nested too deeply", 0, e);
        }
    }

    /**
     * Renders with these variables: maps with string keys, lists, strings, numbers, booleans and null.
     *
     * @throws JinjaException where the template fails or wants too much
     * @throws IllegalArgumentException where a variable is something else
     */
    public String render(Map<String, ? extends @Nullable Object> variables) {
        Budget budget = new Budget();
        Scope scope = new Scope(Globals.scope(budget, clock));
        variables.forEach((name, value) -> {
            try {
                scope.set(name, Values.plain(value, 0));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("template variable '" + name + "' is " + e.getMessage(), e);
            }
        });
        try {
            return new Renderer(budget).capture(body, scope);
        } catch (StackOverflowError e) {
            throw new JinjaException(JinjaException.Kind.LIMIT, "is nested too deeply", 0, e);
        }
    }
}
