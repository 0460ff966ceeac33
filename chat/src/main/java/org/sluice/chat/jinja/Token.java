package org.sluice.chat.jinja;

import org.jspecify.annotations.Nullable;

/**
 * A token of a template.
 *
 * @param text data, name, operator, or the source of a number
 * @param value of a literal
 */
record Token(Kind kind, String text, @Nullable Object value, int line) {
    enum Kind {
        DATA,
        PRINT_BEGIN,
        PRINT_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(Kind k) {
        return kind == k;
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    String describe() {
        return switch (kind) {
            case END -> "end of template";
            case BLOCK_END -> "end of statement block";
            case PRINT_END -> "end of print statement";
            default -> "'" + text + "'";
        };
    }
}
