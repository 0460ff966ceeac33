package org.sluice.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.error.MemoryLimitException;

/** Pages of cache memory with reference counts. Pages are kept for reuse until the pool is closed. Thread-safe. */
final class PagePool implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> pages = new ArrayList<>();
    private final List<Integer> references = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private final long pageBytes;
    private final long limit;

    /** Pages of {@code pageBytes}, together at most {@code limit} bytes. */
    PagePool(long pageBytes, long limit) {
        this.pageBytes = Math.max(64, pageBytes);
        this.limit = limit;
    }

    long pageBytes() {
        return pageBytes;
    }

    /** A page with one reference; its content is undefined. */
    synchronized int acquire() {
        Integer reused = free.poll();
        if (reused != null) {
            references.set(reused, 1);
            return reused;
        }
        long held = pages.size() * pageBytes;
        if (held + pageBytes > limit) {
            throw new MemoryLimitException("the KV cache needs another " + MemoryPlan.human(pageBytes) + " but holds "
                    + MemoryPlan.human(held) + " of " + MemoryPlan.human(limit)
                    + " already; close sequences, lower the context length or raise the memory limit");
        }
        try {
            pages.add(arena.allocate(pageBytes, 64));
        } catch (OutOfMemoryError e) {
            throw new MemoryLimitException("no memory for a KV cache page of " + MemoryPlan.human(pageBytes), e);
        }
        references.add(1);
        return pages.size() - 1;
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

    synchronized long address(int page) {
        return pages.get(page).address();
    }

    /** A page of its own with the content of {@code page}, whose reference it takes over. */
    int unshare(int page) {
        int own = acquire();
        Mem.copy(address(page), address(own), pageBytes);
        release(page);
        return own;
    }

    @Override
    public void close() {
        arena.close();
    }
}
