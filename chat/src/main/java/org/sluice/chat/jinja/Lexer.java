package org.sluice.chat.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.jinja.Token.Kind;

/** Cuts a template into tokens, white space control applied. */
final class Lexer {
    private static final Pattern NEWLINE = Pattern.compile("\r\n|\r");
    private static final Pattern RAW_BEGIN = Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%\\}\\s*|%\\})", flags());
    private static final Pattern RAW_END =
            Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)", flags());
    private static final Pattern COMMENT_END = Pattern.compile("\\+#\\}|-#\\}\\s*|#\\}\\n?", flags());
    private static final Pattern FLOAT = Pattern.compile(
            "(?<!\\.)(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?[eE][+-]?(?:\\d+_)*\\d+|\\.(?:\\d+_)*\\d+)");
    private static final Pattern INTEGER =
            Pattern.compile("0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?\\d)*|0(?:_?0)*");
    private static final List<String> OPERATORS = List.of(
            "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",", ";");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    /** Whether {@link #at} is the beginning of a line of the template. */
    private boolean lineStarts = true;

    private Lexer(String source) {
        this.source = source;
    }

    private static int flags() {
        return Pattern.UNICODE_CHARACTER_CLASS;
    }

    static List<Token> tokens(String template) {
        String source = NEWLINE.matcher(template).replaceAll("\n");
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        Lexer lexer = new Lexer(source);
        lexer.template();
        return lexer.tokens;
    }

    /** Tokens of one expression that stands by itself. */
    static List<Token> expression(String source) {
        Lexer lexer = new Lexer(source);
        lexer.at = Characters.skipSpace(source, 0);
        while (lexer.at < source.length()) {
            lexer.token();
            lexer.at = Characters.skipSpace(source, lexer.at);
        }
        lexer.add(Kind.END, "", null);
        return lexer.tokens;
    }

    private void template() {
        while (at < source.length()) {
            int open = nextDelimiter(at);
            if (open < 0) {
                data(source.substring(at));
                advance(source.length());
                break;
            }
            Matcher raw = RAW_BEGIN.matcher(source).region(open, source.length());
            char sign = open + 2 < source.length() ? source.charAt(open + 2) : ' ';
            boolean signed = sign == '-' || sign == '+';
            dataBefore(open, sign, source.charAt(open + 1) != '{');
            if (raw.lookingAt()) {
                raw(raw.end());
            } else if (source.charAt(open + 1) == '#') {
                comment(open);
            } else {
                boolean print = source.charAt(open + 1) == '{';
                advance(open + (signed ? 3 : 2));
                add(print ? Kind.PRINT_BEGIN : Kind.BLOCK_BEGIN, print ? "{{" : "{%", null);
                tag(print);
            }
        }
        add(Kind.END, "", null);
    }

    private int nextDelimiter(int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char c = source.charAt(i + 1);
            if (c == '{' || c == '%' || c == '#') {
                return i;
            }
        }
        return -1;
    }

    /** The text up to a tag, less the white space its sign or lstrip_blocks takes. */
    private void dataBefore(int open, char sign, boolean mayStrip) {
        String text = source.substring(at, open);
        if (sign == '-') {
            text = Characters.stripEnd(text);
        } else if (sign != '+' && mayStrip) {
            int lineBegin = text.lastIndexOf('\n') + 1;
            if ((lineBegin > 0 || lineStarts) && Characters.skipSpace(text, lineBegin) == text.length()) {
                text = text.substring(0, lineBegin);
            }
        }
        data(text);
        advance(open);
    }

    private void raw(int begin) {
        advance(begin);
        Matcher end = RAW_END.matcher(source);
        if (!end.find(begin)) {
            throw JinjaException.syntax("{% raw %} is never ended", line);
        }
        String sign = end.group(1);
        dataBefore(end.start(), sign.isEmpty() ? ' ' : sign.charAt(0), true);
        advance(end.end());
    }

    private void comment(int open) {
        Matcher end = COMMENT_END.matcher(source);
        if (!end.find(open + 2)) {
            throw JinjaException.syntax("a comment {# is never ended", line);
        }
        advance(end.end());
    }

    /** Tokens up to the end of a tag. Inside brackets the end is not looked for: {@code {{ {'a': {}} }}}. */
    private void tag(boolean print) {
        String end = print ? "}}" : "%}";
        int opened = line;
        Deque<String> brackets = new ArrayDeque<>();
        while (true) {
            advance(Characters.skipSpace(source, at));
            if (at >= source.length()) {
                throw JinjaException.syntax("a tag " + (print ? "{{" : "{%") + " is never ended", opened);
            }
            if (brackets.isEmpty() && tagEnd(end, print)) {
                return;
            }
            Token token = token();
            if (token.is(Kind.OPERATOR)) {
                balance(token, brackets);
            }
        }
    }

    private boolean tagEnd(String end, boolean print) {
        int next;
        if (source.startsWith("-" + end, at)) {
            next = Characters.skipSpace(source, at + 3);
        } else if (!print && source.startsWith("+" + end, at)) {
            next = at + 3;
        } else if (source.startsWith(end, at)) {
            next = at + 2;
            if (!print && next < source.length() && source.charAt(next) == '\n') {
                next++;
            }
        } else {
            return false;
        }
        add(print ? Kind.PRINT_END : Kind.BLOCK_END, end, null);
        advance(next);
        return true;
    }

    private static void balance(Token token, Deque<String> brackets) {
        switch (token.text()) {
            case "(" -> brackets.push(")");
            case "[" -> brackets.push("]");
            case "{" -> brackets.push("}");
            case ")", "]", "}" -> {
                if (brackets.isEmpty() || !brackets.pop().equals(token.text())) {
                    throw JinjaException.syntax("unexpected '" + token.text() + "'", token.line());
                }
            }
            default -> {}
        }
    }

    private Token token() {
        char c = source.charAt(at);
        if (c == '"' || c == '\'') {
            return string(c);
        }
        if (Character.isDigit(c)) {
            Matcher real = FLOAT.matcher(source).useTransparentBounds(true).region(at, source.length());
            if (real.lookingAt()) {
                String digits = real.group().replace("_", "");
                return consume(Kind.FLOAT, real.group(), Double.valueOf(digits));
            }
            Matcher whole = INTEGER.matcher(source).region(at, source.length());
            if (whole.lookingAt()) {
                return consume(Kind.INTEGER, whole.group(), integer(whole.group()));
            }
        }
        if (Character.isUnicodeIdentifierStart(source.codePointAt(at)) || c == '_') {
            int end = at;
            while (end < source.length()
                    && (Character.isUnicodeIdentifierPart(source.codePointAt(end)) || source.charAt(end) == '_')) {
                end += Character.charCount(source.codePointAt(end));
            }
            return consume(Kind.NAME, source.substring(at, end), null);
        }
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                return consume(Kind.OPERATOR, operator, null);
            }
        }
        throw JinjaException.syntax("unexpected character '" + Character.toString(source.codePointAt(at)) + "'", line);
    }

    private Number integer(String text) {
        String digits = text.replace("_", "").toLowerCase(Locale.ROOT);
        if (digits.length() > Numbers.MAX_DIGITS) {
            throw JinjaException.syntax("an integer of " + digits.length() + " digits", line);
        }
        return digits.startsWith("0x")
                ? Numbers.parse(digits.substring(2), 16)
                : digits.startsWith("0o")
                        ? Numbers.parse(digits.substring(2), 8)
                        : digits.startsWith("0b") ? Numbers.parse(digits.substring(2), 2) : Numbers.parse(digits, 10);
    }

    private Token string(char quote) {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote) {
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        if (end >= source.length()) {
            throw JinjaException.syntax("a string is never ended", line);
        }
        return consume(
                Kind.STRING, source.substring(at, end + 1), Escapes.resolve(source.substring(at + 1, end), line));
    }

    private Token consume(Kind kind, String text, @Nullable Object value) {
        Token token = add(kind, text, value);
        advance(at + text.length());
        return token;
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            add(Kind.DATA, text, null);
        }
    }

    private Token add(Kind kind, String text, @Nullable Object value) {
        Token token = new Token(kind, text, value, line);
        tokens.add(token);
        return token;
    }

    private void advance(int to) {
        for (int i = at; i < to; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        if (to > at) {
            lineStarts = source.charAt(to - 1) == '\n';
        }
        at = to;
    }
}
