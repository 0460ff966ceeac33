package org.sluice.chat.jinja;

import java.util.List;
import org.sluice.chat.jinja.Token.Kind;

/** The parser's place in the tokens. The last token is END and stays. */
final class TokenStream {
    private final List<Token> tokens;
    private int at;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = current();
        if (at < tokens.size() - 1) {
            at++;
        }
        return token;
    }

    boolean skipName(String name) {
        boolean there = current().isName(name);
        if (there) {
            next();
        }
        return there;
    }

    boolean skipOperator(String operator) {
        boolean there = current().isOperator(operator);
        if (there) {
            next();
        }
        return there;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("expected '" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("expected '" + name + "'");
        }
    }

    Token expect(Kind kind) {
        if (!current().is(kind)) {
            throw unexpected("expected " + new Token(kind, kind.name(), null, 0).describe());
        }
        return next();
    }

    JinjaException unexpected(String what) {
        return JinjaException.syntax(
                what + ", got " + current().describe(), current().line());
    }
}
