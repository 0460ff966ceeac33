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
    private final int words;
    private final TextState[] path;
    private long bytes;

    TokenMasks(TextAutomaton automaton, TokenTrie trie) {
        this.automaton = automaton;
        this.trie = trie;
        words = (trie.size() + 63) / 64;
        path = new TextState[trie.longest() + 1];
    }

    /** Bits of the tokens that may come next. */
    long[] of(TextState state) {
        long[] known = state.mask;
        if (known != null) {
            return known;
        }
        long[] bits = new long[words];
        for (CallStack s : state.stacks) {
            add(s, bits);
        }
        account(bits.length);
        state.mask = bits;
        return bits;
    }

    private void add(CallStack s, long[] bits) {
        CallStack caller = s.caller;
        if (caller == null) {
            return;
        }
        if (s.depth + trie.longest() > TextAutomaton.MAX_DEPTH) {
            // so deep that the limit decides which tokens fit
            walk(0, automaton.only(s), bits, null);
            return;
        }
        FrameMask own = of(s.top);
        for (int i = 0; i < words; i++) {
            bits[i] |= own.tokens()[i];
        }
        if (caller == CallStack.BOTTOM || own.exits().length == 0) {
            return;
        }
        TextState outside = automaton.closure(List.of(caller));
        for (int exit : own.exits()) {
            walk(exit, outside, bits, null);
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
            long[] bits = new long[words];
            IntList exits = new IntList();
            CallStack alone = automaton.stack(typical, CallStack.UNKNOWN);
            if (alone != null) {
                walk(0, automaton.only(alone), bits, exits);
            }
            mask = new FrameMask(bits, exits.toArray());
            account(bits.length + exits.size() / 2);
            typical.mask = mask;
        }
        frame.mask = mask;
        return mask;
    }

    /** Walks the tokens under a node of the trie, being in {@code state} at that node. */
    private void walk(int node, TextState state, long[] bits, @Nullable IntList exits) {
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
            for (int t = trie.token(i); t >= 0; t = trie.twin(t)) {
                bits[t >> 6] |= 1L << t;
            }
            if (to.exits && exits != null && trie.end(i) > i + 1) {
                exits.add(i);
            }
            i++;
        }
    }

    private void account(int longs) {
        bytes += 8L * longs;
        if (bytes > MAX_BYTES) {
            automaton.forgetMasks();
            bytes = 8L * longs;
        }
    }
}
