package org.sluice.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.support.PagePool;
import org.sluice.error.MemoryLimitException;

/** Pages in the memory of the process, each allocated when it is first needed. Thread-safe. */
final class CpuPages implements PagePool.Memory, AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final List<MemorySegment> pages = new ArrayList<>();
    private final long pageBytes;

    CpuPages(long pageBytes) {
        this.pageBytes = pageBytes;
    }

    @Override
    public synchronized void allocate(int page) {
        try {
            pages.add(arena.allocate(pageBytes, 64));
        } catch (OutOfMemoryError e) {
            throw new MemoryLimitException("no memory for a KV cache page of " + MemoryPlan.human(pageBytes), e);
        }
    }

    @Override
    public synchronized void copy(int from, int to) {
        Mem.copy(address(from), address(to), pageBytes);
    }

    @Override
    public synchronized void read(int page, long offset, MemorySegment to) {
        MemorySegment.copy(pages.get(page), offset, to, 0, to.byteSize());
    }

    @Override
    public synchronized void write(int page, long offset, MemorySegment from) {
        MemorySegment.copy(from, 0, pages.get(page), offset, from.byteSize());
    }

    synchronized long address(int page) {
        return pages.get(page).address();
    }

    @Override
    public void close() {
        arena.close();
    }
}
