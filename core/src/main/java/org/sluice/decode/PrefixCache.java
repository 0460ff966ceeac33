package org.sluice.decode;

import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;

/**
 * Caches of prompts and answers that were computed, for whoever begins in the same way with the same program. What was not used
 * for longest goes first, whichever program's it is. Safe for use by several threads.
 */
public final class PrefixCache implements AutoCloseable {
    private final IdentityHashMap<Program, PrefixTree> trees = new IdentityHashMap<>();
    private final LongSupplier used;
    private final long limit;
    private long clock;
    private boolean closed;

    /**
     * An empty cache.
     *
     * @param used bytes of pages that are in use, whoever uses them
     * @param limit how many there may be before old prefixes are let go
     */
    public PrefixCache(LongSupplier used, long limit) {
        this.used = used;
        this.limit = limit;
    }

    /**
     * A copy of the longest beginning of a prompt that is here.
     *
     * @param most tokens that are of use
     * @param least a shorter one is of no use
     * @return null where there is none
     */
    synchronized PrefixTree.@Nullable Prefix fork(Program program, int[] prompt, int most, int least) {
        PrefixTree tree = trees.get(program);
        return tree == null ? null : tree.fork(prompt, most, least, ++clock);
    }

    /**
     * Keeps a copy of what was computed.
     *
     * @param n tokens of the sequence, those at the front of {@code tokens}
     */
    synchronized void keep(Program program, int[] tokens, int n, Sequence trunk, @Nullable Drafter drafter) {
        if (closed || n == 0) {
            return;
        }
        trees.computeIfAbsent(program, p -> new PrefixTree()).keep(tokens, n, trunk, drafter, ++clock);
        while (used.getAsLong() > limit && letGo()) {
            // until it fits, or nothing is left
        }
    }

    /** Lets go of the prefix that was not used for longest; false where there is none. */
    public synchronized boolean letGo() {
        PrefixTree tree = oldest(trees.values());
        if (tree == null) {
            return false;
        }
        tree.letGo();
        return true;
    }

    private static @Nullable PrefixTree oldest(Collection<PrefixTree> trees) {
        return trees.stream()
                .filter(t -> t.oldestUse() != Long.MAX_VALUE)
                .min(Comparator.comparingLong(PrefixTree::oldestUse))
                .orElse(null);
    }

    /** Prefixes it holds. */
    public synchronized int size() {
        return trees.values().stream().mapToInt(PrefixTree::size).sum();
    }

    /** Lets everything go. */
    @Override
    public synchronized void close() {
        closed = true;
        while (letGo()) {
            // one after the other
        }
    }
}
