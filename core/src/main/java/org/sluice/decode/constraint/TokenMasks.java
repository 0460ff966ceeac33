package org.sluice.decode.constraint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tokens that may come next. Most of that does not depend on a frame's callers: it is found once per frame by a walk
 * over the whole vocabulary; only tokens that leave the frame are decided for each caller, by walks over what lies behind
 * their exits. Not safe for use by several threads.
 */
final class TokenMasks {
    /** Bytes of masks that are kept. */
    private static final long MAX_BYTES = 32L << 20;

    private final TextAutomaton automaton;
    private final TokenTrie trie;
    private final TextState[] path;
    private final FreeRuns runs;
    private long bytes;

    TokenMasks(TextAutomaton automaton, TokenTrie trie) {
        this.automaton = automaton;
        this.trie = trie;
        path = new TextState[trie.longest() + 1];
        runs = new FreeRuns(automaton, trie.longest());
    }

    /** The tokens that may come next; not to be changed. */
    TokenSet of(TextState state) {
        TokenSet known = state.mask;
        if (known != null) {
            return known;
        }
        TokenSet tokens = new TokenSet(trie.size());
        for (CallStack s : state.stacks) {
            add(s, tokens);
        }
        account(tokens.bytes());
        state.mask = tokens;
        return tokens;
    }

    private void add(CallStack s, TokenSet tokens) {
        CallStack caller = s.caller;
        if (caller == null) {
            return;
        }
        if (s.depth + trie.longest() > TextAutomaton.MAX_DEPTH) {
            // so deep that the limit decides which tokens fit
            walk(0, automaton.only(s), tokens, null);
            return;
        }
        FrameMask own = of(s.top);
        tokens.addAll(own.tokens());
        if (caller == CallStack.BOTTOM || own.exits().length == 0) {
            return;
        }
        TextState outside = automaton.closure(List.of(caller));
        for (int exit : own.exits()) {
            walk(exit, outside, tokens, null);
        }
    }

    private FrameMask of(Frame frame) {
        FrameMask known = frame.mask;
        if (known != null) {
            return known;
        }
        Frame typical = automaton.frames().typical(frame, trie.longest());
        FrameMask mask = typical.mask;
        if (mask == null) {
            TokenSet tokens = new TokenSet(trie.size());
            IntList exits = new IntList();
            CallStack alone = automaton.stack(typical, CallStack.UNKNOWN);
            if (alone != null) {
                walk(0, automaton.only(alone), tokens, exits);
            }
            mask = new FrameMask(tokens, exits.toArray());
            account(tokens.bytes() + 4 * exits.size());
            typical.mask = mask;
        }
        frame.mask = mask;
        return mask;
    }

    /** Walks the tokens under a node of the trie, being in {@code state} at that node. */
    private void walk(int node, TextState state, TokenSet tokens, @Nullable IntList exits) {
        int end = trie.end(node);
        path[trie.depth(node)] = state;
        int i = node + 1;
        while (i < end) {
            int depth = trie.depth(i);
            TextState to = automaton.step(path[depth - 1], trie.label(i));
            if (to == TextState.DEAD) {
                i = trie.end(i);
                continue;
            }
            path[depth] = to;
            trie.addAt(i, tokens);
            if (trie.end(i) == i + 1) {
                i++;
                continue;
            }
            if (to.exits && exits != null) {
                exits.add(i);
            }
            FreeRuns.Run run = runs.of(to);
            if ((trie.classesBelow(i) & ~run.classes()) == 0 && (run.closed() || trie.height(i) <= run.length())) {
                trie.addBelow(i, run.length(), tokens);
                i = trie.end(i);
            } else {
                i++;
            }
        }
    }

    private void account(int more) {
        bytes += more;
        if (bytes > MAX_BYTES) {
            automaton.forgetMasks();
            bytes = more;
        }
    }
}
