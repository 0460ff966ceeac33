package org.sluice.chat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.decode.Constraint;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.Syntax;
import org.sluice.decode.constraint.TokenTrie;

/** Makes and remembers the constraints of one tokenizer. Safe for use by several threads. */
final class Constraints {
    private static final int KEPT = 8;
    /** Texts of the format, which constraints may demand even where a tokenizer calls them special. */
    private static final List<String> TAGS = List.of(
            OutputParser.OPEN_THINK,
            OutputParser.CLOSE_THINK,
            OutputParser.OPEN_CALL,
            OutputParser.CLOSE_CALL,
            CallReader.OPEN_KEY,
            CallReader.CLOSE_KEY,
            CallReader.OPEN_VALUE,
            CallReader.CLOSE_VALUE);

    /** @param order tells apart what equals itself but for the order of keys, which is the order of the answer */
    private record Key(
            OutputParser.Start start,
            List<Tool> tools,
            ToolChoice choice,
            @Nullable ResponseFormat format,
            String order) {}

    private final Tokenizer tokenizer;
    private final Map<Key, GrammarConstraint> known = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, GrammarConstraint> eldest) {
            return size() > KEPT;
        }
    };
    private @Nullable TokenTrie trie;

    Constraints(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** What an answer must stay in, or null where it is free. */
    synchronized @Nullable Constraint of(OutputParser.Start start, ReplyOptions options) {
        Key key = new Key(
                start,
                options.tools(),
                options.toolChoice(),
                options.responseFormat(),
                options.tools() + " " + options.responseFormat());
        GrammarConstraint constraint = known.get(key);
        if (constraint == null) {
            Syntax syntax = AnswerSyntax.of(start, options);
            if (syntax == null) {
                return null;
            }
            constraint = new GrammarConstraint(Grammar.of(syntax), trie());
            known.put(key, constraint);
        }
        return constraint;
    }

    private TokenTrie trie() {
        if (trie == null) {
            byte[][] tokens = new byte[tokenizer.size()][];
            for (int id = 0; id < tokens.length; id++) {
                boolean text = !tokenizer.isSpecial(id) || TAGS.contains(tokenizer.token(id));
                tokens[id] = text ? tokenizer.bytes(id) : new byte[0];
            }
            trie = new TokenTrie(tokens);
        }
        return trie;
    }
}
