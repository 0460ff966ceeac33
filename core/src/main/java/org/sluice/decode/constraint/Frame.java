package org.sluice.decode.constraint;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where one rule may be: a set of its nodes with their counts, closed under silent moves. Found by the subset construction
 * (Rabin and Scott 1959) with calls of rules as letters beside bytes. Interned: equal frames are one object until the caches
 * are dropped.
 */
final class Frame {
    /** No node at all. */
    static final Frame DEAD = new Frame(new long[0], false, false, 0);

    /** Calls that begin here: the first frame of the rule, and where this rule is when the call is over. */
    record Call(Frame first, Frame after) {}

    /** Nodes in the upper, counts in the lower 32 bits, ascending; only nodes that read, call or end. */
    final long[] nodes;

    final boolean ends;
    final boolean reads;
    /** Calls that must be nested at most to get out by the shortest way, over all nodes. */
    final int need;

    @Nullable
    Frame @Nullable [] next;

    Call @Nullable [] calls;

    @Nullable
    FrameMask mask;

    Frame(long[] nodes, boolean ends, boolean reads, int need) {
        this.nodes = nodes;
        this.ends = ends;
        this.reads = reads;
        this.need = need;
    }

    static int node(long element) {
        return (int) (element >>> 32);
    }

    static int count(long element) {
        return (int) element;
    }

    static long element(int node, int count) {
        return (long) node << 32 | count;
    }

    /** What the cache knows it by. */
    record Key(long[] nodes) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Key k && Arrays.equals(nodes, k.nodes);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(nodes);
        }
    }
}
