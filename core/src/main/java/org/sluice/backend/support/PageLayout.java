package org.sluice.backend.support;

import java.util.List;
import org.sluice.graph.Graph;
import org.sluice.graph.State;

/** Where each state's rows lie in a page: a page holds {@link #TOKENS} tokens of every state, one state after the other. */
public final class PageLayout {
    /** log2 of {@link #TOKENS}. */
    public static final int SHIFT = 6;
    /** Tokens in a page. */
    public static final int TOKENS = 1 << SHIFT;

    private final List<State> states;
    private final long[] offsets;
    private final long bytes;

    /** The layout of a graph's states. */
    public PageLayout(Graph graph) {
        states = graph.states();
        offsets = new long[graph.states().size()];
        long at = 0;
        for (State s : graph.states()) {
            offsets[s.id()] = at;
            at += (TOKENS * (long) rowBytes(s) + 63) & ~63L;
        }
        bytes = at;
    }

    /** Bytes of one token's row. */
    public static int rowBytes(State s) {
        return s.rowBytes();
    }

    /** The states, in the order of the graph. */
    public List<State> states() {
        return states;
    }

    /** Bytes before the rows of a state in a page. */
    public long offset(State s) {
        return offsets[s.id()];
    }

    /** Bytes of a page. */
    public long bytes() {
        return bytes;
    }
}
