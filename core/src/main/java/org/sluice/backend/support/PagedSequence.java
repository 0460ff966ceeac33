package org.sluice.backend.support;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.sluice.backend.Sequence;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.State;

/** The pages of a sequence; a backend may add what its kernels read. Not safe for use by several threads. */
public class PagedSequence implements Sequence {
    private final PagedProgram program;
    private final PagePool pool;
    private final int maxContext;
    private int[] pages = new int[4];
    private int pageCount;
    private int length;
    private boolean closed;

    /** An empty sequence of a program. */
    public PagedSequence(PagedProgram program) {
        this.program = program;
        pool = program.pages();
        maxContext = program.options().maxContext();
    }

    /** Hears that page {@code index} of the sequence is now page {@code page} of the pool. */
    protected void pageSet(int index, int page) {
        // whoever lays out a step can ask for the pages
    }

    /** Frees what a backend has added. */
    protected void free() {
        // nothing was added
    }

    /** Where its pages come from: tells whose sequence it is. */
    public final PagePool pool() {
        return pool;
    }

    /** Pages it holds. */
    public final int pageCount() {
        return pageCount;
    }

    /** Page {@code index} of the sequence, a page of the pool. */
    public final int page(int index) {
        return pages[index];
    }

    /** Counts rows that a step has written. */
    public final void advance(int rows) {
        length += rows;
    }

    @Override
    public final int length() {
        return length;
    }

    @Override
    public final void truncate(int to) {
        checkOpen();
        checkPrefix(to);
        length = to;
        int keep = Math.ceilDiv(to, PageLayout.TOKENS);
        while (pageCount > keep) {
            pool.release(pages[--pageCount]);
        }
    }

    @Override
    public final void reserve(int tokens) {
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
        pageSet(index, page);
    }

    @Override
    public final Sequence fork(int prefix) {
        checkOpen();
        checkPrefix(prefix);
        PagedSequence s = program.newSequence();
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
    public final List<State> states() {
        return pool.layout().states();
    }

    @Override
    public final int rowBytes(State state) {
        return PageLayout.rowBytes(state);
    }

    @Override
    public final void copyOut(State state, int from, int count, MemorySegment to) {
        checkOpen();
        if (from < 0 || count < 0 || count > length - from) {
            throw new InvalidRequestException(
                    "a sequence of " + length + " tokens has no " + count + " rows from " + from + " on");
        }
        forEachPage(
                state,
                from,
                count,
                (page, offset, at, bytes) -> pool.memory().read(page, offset, to.asSlice(at, bytes)));
    }

    @Override
    public final void append(int count, List<MemorySegment> rows) {
        reserve(count);
        List<State> states = states();
        for (int i = 0; i < states.size(); i++) {
            MemorySegment from = rows.get(i);
            forEachPage(
                    states.get(i),
                    length,
                    count,
                    (page, offset, at, bytes) -> pool.memory().write(page, offset, from.asSlice(at, bytes)));
        }
        length += count;
    }

    /** A run of rows within a page, and where it stands among all of them. */
    private interface Run {
        void at(int page, long offset, long position, long bytes);
    }

    private void forEachPage(State state, int from, int count, Run run) {
        long rowBytes = rowBytes(state);
        for (int t = from; t < from + count; ) {
            int inPage = t & (PageLayout.TOKENS - 1);
            int n = Math.min(PageLayout.TOKENS - inPage, from + count - t);
            run.at(
                    pages[t >> PageLayout.SHIFT],
                    pool.layout().offset(state) + inPage * rowBytes,
                    (t - from) * rowBytes,
                    n * rowBytes);
            t += n;
        }
    }

    @Override
    public final long bytes() {
        return pageCount * pool.pageBytes();
    }

    private void checkPrefix(int n) {
        if (n < 0 || n > length) {
            throw new InvalidRequestException("a sequence of " + length + " tokens has no prefix of " + n);
        }
    }

    /** Throws where it is closed. */
    public final void checkOpen() {
        if (closed) {
            throw new InvalidRequestException("the sequence is closed");
        }
    }

    @Override
    public final void close() {
        if (closed) {
            return;
        }
        closed = true;
        while (pageCount > 0) {
            pool.release(pages[--pageCount]);
        }
        free();
        program.forget(this);
    }

    @Override
    public final String toString() {
        return "sequence of " + length + " tokens";
    }
}
