package org.sluice.backend.support;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.MemoryLimitException;

/**
 * Reference counts of pages of cache memory, which lies wherever a backend computes; where memory is short, further pages may
 * lie elsewhere. Pages are kept for reuse. Thread-safe.
 */
public final class PagePool {
    /** Where pages lie. Called with the pool's lock held; page numbers count up from 0, numbers of discarded pages come again. */
    public interface Memory {
        /** Makes a page, with undefined content. */
        void allocate(int page);

        /** Makes a page outside the memory that is short, such as in a file; false where there is no such place. */
        default boolean spill(int page) {
            return false;
        }

        /** Frees a page that {@link #allocate} made; false where pages cannot be freed one by one. */
        default boolean discard(int page) {
            return false;
        }

        /** Copies the content of a page to another. */
        void copy(int from, int to);

        /** Copies a part of a page out; nobody writes the page meanwhile. */
        void read(int page, long offset, MemorySegment to);

        /** Overwrites a part of a page. */
        void write(int page, long offset, MemorySegment from);
    }

    private final Memory memory;
    private final PageLayout layout;
    private final List<Integer> references = new ArrayList<>();
    /** Pages that nobody refers to: in memory, spilled, and numbers without a page. */
    private final Deque<Integer> free = new ArrayDeque<>();

    private final Deque<Integer> freeSpilled = new ArrayDeque<>();
    private final Deque<Integer> numbers = new ArrayDeque<>();
    private final BitSet spilled = new BitSet();
    private final long pageBytes;
    private final MemoryBudget budget;

    /** Pages of {@code pageBytes}, together at most {@code limit} bytes, with a layout. */
    public PagePool(PageLayout layout, long pageBytes, long limit, Memory memory) {
        this(layout, pageBytes, new MemoryBudget(limit), memory);
    }

    /** Pages of {@code pageBytes} with a layout, as many as a budget allows that others may share. */
    public PagePool(PageLayout layout, long pageBytes, MemoryBudget budget, Memory memory) {
        this.layout = layout;
        this.pageBytes = pageBytes;
        this.budget = budget;
        this.memory = memory;
        budget.join(this);
    }

    /** What lies where in a page. */
    PageLayout layout() {
        return layout;
    }

    Memory memory() {
        return memory;
    }

    /** Bytes of a page. */
    public long pageBytes() {
        return pageBytes;
    }

    /** Bytes of the pages that somebody refers to. */
    public long usedBytes() {
        synchronized (budget) {
            return (references.size() - free.size() - freeSpilled.size() - numbers.size()) * pageBytes;
        }
    }

    /** Those of {@link #usedBytes} that do not lie in memory. */
    public long spilledBytes() {
        synchronized (budget) {
            return (spilled.cardinality() - freeSpilled.size()) * pageBytes;
        }
    }

    /**
     * A page with one reference; its content is undefined.
     *
     * @throws MemoryLimitException where the limit is reached or the memory refuses
     */
    public int acquire() {
        synchronized (budget) {
            Integer reused = free.poll();
            if (reused == null) {
                reused = allocated();
            }
            if (reused == null) {
                reused = freeSpilled.poll();
            }
            int page = reused == null ? spill() : reused;
            references.set(page, 1);
            return page;
        }
    }

    /** A new page in memory, or null where there is no room for it. */
    private @Nullable Integer allocated() {
        if (!budget.take(pageBytes)) {
            return null;
        }
        int page = number();
        try {
            memory.allocate(page);
            return page;
        } catch (RuntimeException | Error e) {
            budget.give(pageBytes);
            numbers.add(page);
            throw e;
        }
    }

    private int spill() {
        int page = number();
        boolean done = false;
        try {
            done = memory.spill(page);
        } finally {
            if (!done) {
                numbers.add(page);
            }
        }
        if (!done) {
            throw new MemoryLimitException("a KV cache page of " + MemoryPlan.human(pageBytes) + " does not fit: "
                    + MemoryPlan.human(budget.pages()) + " of " + MemoryPlan.human(budget.forPages())
                    + " are taken already; close sequences, lower the context length, raise the memory limit or name"
                    + " a directory to spill to");
        }
        spilled.set(page);
        return page;
    }

    /** A number that no page has. */
    private int number() {
        Integer again = numbers.poll();
        if (again != null) {
            return again;
        }
        references.add(0);
        return references.size() - 1;
    }

    /** Frees pages that nobody refers to until {@code bytes} are free, if there are as many; returns how many are. */
    long discardUnused(long bytes) {
        long discarded = 0;
        while (discarded < bytes && !free.isEmpty() && memory.discard(free.peekLast())) {
            numbers.add(free.removeLast());
            discarded += pageBytes;
        }
        return discarded;
    }

    void retain(int page) {
        synchronized (budget) {
            references.set(page, references.get(page) + 1);
        }
    }

    void release(int page) {
        synchronized (budget) {
            int left = references.get(page) - 1;
            references.set(page, left);
            if (left == 0) {
                (spilled.get(page) ? freeSpilled : free).add(page);
            }
        }
    }

    boolean isShared(int page) {
        synchronized (budget) {
            return references.get(page) > 1;
        }
    }

    /** A page of its own with the content of {@code page}, whose reference it takes over. */
    int unshare(int page) {
        synchronized (budget) {
            int own = acquire();
            memory.copy(page, own);
            release(page);
            return own;
        }
    }

    /** Its memory is gone. */
    public void close() {
        synchronized (budget) {
            budget.leave(this, (references.size() - numbers.size() - spilled.cardinality()) * pageBytes);
        }
    }
}
