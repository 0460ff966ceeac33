package org.sluice.chat.jinja;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A template that cannot be read or rendered. Callers turn it into one of Sluice's own exceptions. */
public final class JinjaException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Whose fault it is. */
    public enum Kind {
        /** The template is no Jinja. */
        SYNTAX,
        /** The template did something its values do not allow. */
        RUNTIME,
        /** The template wanted more than a chat template may. */
        LIMIT,
        /** The template itself refused the conversation with {@code raise_exception}. */
        RAISED
    }

    private final Kind kind;
    private final int line;

    JinjaException(Kind kind, String message, int line, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.line = line;
    }

    static JinjaException syntax(String message, int line) {
        return new JinjaException(Kind.SYNTAX, message, line, null);
    }

    static JinjaException runtime(String message) {
        return new JinjaException(Kind.RUNTIME, message, 0, null);
    }

    static JinjaException limit(String message) {
        return new JinjaException(Kind.LIMIT, message, 0, null);
    }

    static JinjaException raised(String message) {
        return new JinjaException(Kind.RAISED, message, 0, null);
    }

    JinjaException at(int where) {
        return line > 0 ? this : new JinjaException(kind, String.valueOf(getMessage()), where, this);
    }

    public Kind kind() {
        return kind;
    }

    /** Line of the template, from 1; 0 where it is not known. */
    public int line() {
        return line;
    }
}
