package org.sluice.backend.support;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.MemoryLimitException;

/** Reference counts of pages of cache memory, which lies wherever a backend computes. Pages are kept for reuse. Thread-safe. */
public final class PagePool {
    /** Where pages lie. Called with the pool's lock held; page numbers count up from 0. */
    public interface Memory {
        /** Makes a page, with undefined content. */
        void allocate(int page);

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
    private final Deque<Integer> free = new ArrayDeque<>();
    private final long pageBytes;
    private final long limit;

    /** Pages of {@code pageBytes}, together at most {@code limit} bytes, with a layout. */
    public PagePool(PageLayout layout, long pageBytes, long limit, Memory memory) {
        this.layout = layout;
        this.pageBytes = pageBytes;
        this.limit = limit;
        this.memory = memory;
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
    public synchronized long usedBytes() {
        return (references.size() - free.size()) * pageBytes;
    }

    /**
     * A page with one reference; its content is undefined.
     *
     * @throws MemoryLimitException where the limit is reached or the memory refuses
     */
    public synchronized int acquire() {
        Integer reused = free.poll();
        if (reused != null) {
            references.set(reused, 1);
            return reused;
        }
        long held = references.size() * pageBytes;
        if (held + pageBytes > limit) {
            throw new MemoryLimitException("a KV cache page of " + MemoryPlan.human(pageBytes) + " does not fit: "
                    + MemoryPlan.human(held) + " of " + MemoryPlan.human(limit)
                    + " are taken already; close sequences, lower the context length or raise the memory limit");
        }
        int page = references.size();
        memory.allocate(page);
        references.add(1);
        return page;
    }

    synchronized void retain(int page) {
        references.set(page, references.get(page) + 1);
    }

    synchronized void release(int page) {
        int left = references.get(page) - 1;
        references.set(page, left);
        if (left == 0) {
            free.add(page);
        }
    }

    synchronized boolean isShared(int page) {
        return references.get(page) > 1;
    }

    /** A page of its own with the content of {@code page}, whose reference it takes over. */
    synchronized int unshare(int page) {
        int own = acquire();
        memory.copy(page, own);
        release(page);
        return own;
    }
}
