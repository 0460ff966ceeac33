package org.sluice.decode.constraint;

import java.util.Arrays;
import java.util.Set;
import org.sluice.decode.Constraint;
import org.sluice.error.InvalidRequestException;

/**
 * A grammar over a vocabulary. Exact to the byte: a token is allowed if and only if its bytes lead to the beginning of a text
 * of the grammar, however it straddles the parts of that text. What it finds out is shared by all answers and bounded.
 */
public final class GrammarConstraint implements Constraint {
    private final TokenTrie trie;
    private final TextAutomaton automaton;
    private final TokenMasks masks;

    /** A constraint; masks are found when they are first asked for. */
    public GrammarConstraint(Grammar grammar, TokenTrie vocabulary) {
        trie = vocabulary;
        automaton = new TextAutomaton(grammar);
        masks = new TokenMasks(automaton, vocabulary);
    }

    @Override
    public Cursor begin(Set<Integer> stopTokens) {
        synchronized (masks) {
            return new At(stopTokens, automaton.start());
        }
    }

    /** The automaton and its caches are guarded by the constraint's own lock. */
    private final class At implements Cursor {
        private final int[] stops;
        private final float[] stopLogits;
        private TextState state;
        private boolean stopped;

        At(Set<Integer> stops, TextState start) {
            this.stops = stops.stream().mapToInt(Integer::intValue).sorted().toArray();
            stopLogits = new float[stops.size()];
            state = start;
        }

        private boolean isStop(int token) {
            return Arrays.binarySearch(stops, token) >= 0;
        }

        @Override
        public void mask(float[] logits, int vocabulary) {
            TokenSet tokens = tokens();
            int n = Math.min(vocabulary, logits.length);
            for (int k = 0; k < stops.length; k++) {
                stopLogits[k] = stops[k] < n ? logits[stops[k]] : Float.NEGATIVE_INFINITY;
            }
            boolean any = tokens.apply(logits, n);
            for (int k = 0; k < stops.length && stops[k] < n; k++) {
                logits[stops[k]] = state.accepts ? stopLogits[k] : Float.NEGATIVE_INFINITY;
                any |= state.accepts;
            }
            if (!any) {
                throw new InvalidRequestException(
                        state.accepts
                                ? "the constrained text is whole, but no stop token may end it; pass stop tokens"
                                : "no token of the vocabulary leads on in the constrained text; the vocabulary lacks single"
                                        + " bytes, or text was forced that the constraint does not allow");
            }
        }

        private TokenSet tokens() {
            synchronized (masks) {
                return masks.of(state);
            }
        }

        @Override
        public boolean allows(int token) {
            if (isStop(token)) {
                return state.accepts && !stopped;
            }
            return !stopped && !after(state, token).isDead();
        }

        @Override
        public void advance(int token) {
            if (isStop(token) && state.accepts) {
                stopped = true;
                return;
            }
            TextState next = stopped ? TextState.DEAD : after(state, token);
            if (next.isDead()) {
                throw new InvalidRequestException("token " + token
                        + " is not allowed here by the constraint; it was forced or drawn without the mask");
            }
            state = next;
        }

        @Override
        public int allowedPrefix(int[] tokens, int n) {
            TextState s = state;
            for (int i = 0; i < n; i++) {
                if (isStop(tokens[i])) {
                    return s.accepts ? i + 1 : i;
                }
                s = after(s, tokens[i]);
                if (s.isDead()) {
                    return i;
                }
            }
            return n;
        }

        @Override
        public boolean isComplete() {
            return state.accepts && state.stacks.length == 0;
        }

        private TextState after(TextState from, int token) {
            byte[] bytes = trie.bytes(token);
            if (bytes.length == 0) {
                return TextState.DEAD;
            }
            synchronized (masks) {
                TextState s = from;
                for (byte b : bytes) {
                    s = automaton.step(s, b & 0xFF);
                    if (s.isDead()) {
                        return s;
                    }
                }
                return s;
            }
        }
    }
}
