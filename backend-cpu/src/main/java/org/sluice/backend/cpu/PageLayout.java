package org.sluice.backend.cpu;

import org.sluice.graph.Graph;
import org.sluice.graph.State;

/** Where each state's rows lie in a page: a page holds {@link #TOKENS} tokens of every state, one state after the other. */
final class PageLayout {
    /** log2 of {@link #TOKENS}. */
    static final int SHIFT = 6;
    /** Tokens in a page. */
    static final int TOKENS = 1 << SHIFT;

    private final long[] offsets;
    private final long bytes;

    PageLayout(Graph graph) {
        offsets = new long[graph.states().size()];
        long at = 0;
        for (State s : graph.states()) {
            offsets[s.id()] = at;
            at += (TOKENS * (long) rowBytes(s) + 63) & ~63L;
        }
        bytes = at;
    }

    /** Bytes of one token's row: F32. */
    static int rowBytes(State s) {
        return 4 * s.width();
    }

    long offset(State s) {
        return offsets[s.id()];
    }

    long bytes() {
        return bytes;
    }
}
