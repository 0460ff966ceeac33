package org.sluice.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.sluice.backend.Sequence;
import org.sluice.error.InvalidRequestException;

/** A sequence's pages, and their addresses as the kernels read them. Not safe for use by several threads. */
final class CpuSequence implements Sequence {
    private static final ValueLayout.OfLong ADDRESS = ValueLayout.JAVA_LONG;

    private final CpuProgram program;
    private final PagePool pool;
    private final int maxContext;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment table;
    private int[] pages = new int[4];
    private int pageCount;
    private int length;
    private boolean closed;

    CpuSequence(CpuProgram program, PagePool pool, int maxContext) {
        this.program = program;
        this.pool = pool;
        this.maxContext = maxContext;
        table = arena.allocate(ADDRESS, Math.ceilDiv(maxContext, PageLayout.TOKENS));
    }

    PagePool pool() {
        return pool;
    }

    /** Address of the page table. */
    long table() {
        return table.address();
    }

    @Override
    public int length() {
        return length;
    }

    void advance(int rows) {
        length += rows;
    }

    @Override
    public void truncate(int to) {
        checkOpen();
        checkPrefix(to);
        length = to;
        int keep = Math.ceilDiv(to, PageLayout.TOKENS);
        while (pageCount > keep) {
            pool.release(pages[--pageCount]);
        }
    }

    @Override
    public void reserve(int tokens) {
        checkOpen();
        if (tokens < 0 || tokens > maxContext - length) {
            throw new InvalidRequestException(tokens + " more tokens behind " + length + " exceed the context of "
                    + maxContext + "; open the model with a larger context or shorten the prompt");
        }
        if (tokens == 0) {
            return;
        }
        int first = length >> PageLayout.SHIFT;
        if (first < pageCount && pool.isShared(pages[first])) {
            setPage(first, pool.unshare(pages[first]));
        }
        int need = Math.ceilDiv(length + tokens, PageLayout.TOKENS);
        while (pageCount < need) {
            int page = pool.acquire();
            if (pageCount == pages.length) {
                pages = Arrays.copyOf(pages, 2 * pageCount);
            }
            setPage(pageCount++, page);
        }
    }

    private void setPage(int index, int page) {
        pages[index] = page;
        table.setAtIndex(ADDRESS, index, pool.address(page));
    }

    @Override
    public Sequence fork(int prefix) {
        checkOpen();
        checkPrefix(prefix);
        CpuSequence s = program.newSequence();
        int shared = Math.ceilDiv(prefix, PageLayout.TOKENS);
        s.pages = Arrays.copyOf(pages, Math.max(4, shared));
        for (int i = 0; i < shared; i++) {
            pool.retain(pages[i]);
            s.setPage(i, pages[i]);
        }
        s.pageCount = shared;
        s.length = prefix;
        return s;
    }

    @Override
    public long bytes() {
        return pageCount * pool.pageBytes();
    }

    private void checkPrefix(int n) {
        if (n < 0 || n > length) {
            throw new InvalidRequestException("a sequence of " + length + " tokens has no prefix of " + n);
        }
    }

    void checkOpen() {
        if (closed) {
            throw new InvalidRequestException("the sequence is closed");
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        while (pageCount > 0) {
            pool.release(pages[--pageCount]);
        }
        arena.close();
        program.forget(this);
    }

    @Override
    public String toString() {
        return "sequence of " + length + " tokens";
    }
}
