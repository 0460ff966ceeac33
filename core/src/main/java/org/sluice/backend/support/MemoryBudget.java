package org.sluice.backend.support;

import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of memory that the programs of a device share: workspaces, and pages of caches in the rest. Memory that one pool keeps
 * for reuse goes to another that needs it. Thread-safe; also the lock of its pools, so that none waits for another.
 */
public final class MemoryBudget {
    private final long limit;
    private final List<PagePool> pools = new ArrayList<>();
    private long workspaces;
    private long pages;

    /** A budget of {@code limit} bytes. */
    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** Bytes that pages may take together, whether they do or not. */
    public synchronized long forPages() {
        return limit - workspaces;
    }

    /** Counts a program's workspace, which lies there whatever is left for pages. */
    public synchronized void addWorkspace(long bytes) {
        workspaces += bytes;
    }

    /** A program's workspace is gone. */
    public synchronized void removeWorkspace(long bytes) {
        workspaces -= bytes;
    }

    /** Bytes of the pages that lie in memory, used or kept for reuse. */
    synchronized long pages() {
        return pages;
    }

    synchronized void join(PagePool pool) {
        pools.add(pool);
    }

    synchronized void leave(PagePool pool, long bytes) {
        pools.remove(pool);
        pages -= bytes;
    }

    /** Takes bytes for a page; false where they are not there, whatever other pools give back. */
    synchronized boolean take(long bytes) {
        for (int i = 0; i < pools.size() && pages + bytes > forPages(); i++) {
            pages -= pools.get(i).discardUnused(pages + bytes - forPages());
        }
        if (pages + bytes > forPages()) {
            return false;
        }
        pages += bytes;
        return true;
    }

    /** Gives back what {@link #take} took. */
    synchronized void give(long bytes) {
        pages -= bytes;
    }
}
