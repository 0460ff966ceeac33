package org.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.cpu.runtime.Heap;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.support.PagePool;
import org.sluice.backend.support.SpillFile;
import org.sluice.error.MemoryLimitException;

/** Pages in the memory of the process, each allocated when it is first needed, and in a file. Thread-safe. */
final class CpuPages implements PagePool.Memory, AutoCloseable {
    /** Pages begin where cache lines do. */
    private static final int LINE = 64;

    private final List<@Nullable MemorySegment> pages = new ArrayList<>();
    /** What was allocated for each page, which may begin before it; 0 for those in the file. */
    private final List<Long> blocks = new ArrayList<>();

    private final long pageBytes;
    private final @Nullable SpillFile file;

    /** @param file where pages go that do not fit into memory; closed with it */
    CpuPages(long pageBytes, @Nullable SpillFile file) {
        this.pageBytes = pageBytes;
        this.file = file;
    }

    @Override
    public synchronized void allocate(int page) {
        long block = Heap.allocate(pageBytes + LINE);
        if (block == 0) {
            throw new MemoryLimitException("no memory for a KV cache page of " + MemoryPlan.human(pageBytes));
        }
        long start = (block + LINE - 1) & -LINE;
        set(page, MemorySegment.ofAddress(start).reinterpret(pageBytes), block);
    }

    @Override
    public synchronized boolean spill(int page) {
        if (file == null) {
            return false;
        }
        set(page, file.page(), 0);
        return true;
    }

    private void set(int page, MemorySegment at, long block) {
        if (page == pages.size()) {
            pages.add(at);
            blocks.add(block);
        } else {
            pages.set(page, at);
            blocks.set(page, block);
        }
    }

    @Override
    public synchronized boolean discard(int page) {
        Heap.free(blocks.get(page));
        pages.set(page, null);
        blocks.set(page, 0L);
        return true;
    }

    @Override
    public synchronized void copy(int from, int to) {
        Mem.copy(address(from), address(to), pageBytes);
    }

    @Override
    public synchronized void read(int page, long offset, MemorySegment to) {
        MemorySegment.copy(at(page), offset, to, 0, to.byteSize());
    }

    @Override
    public synchronized void write(int page, long offset, MemorySegment from) {
        MemorySegment.copy(from, 0, at(page), offset, from.byteSize());
    }

    private MemorySegment at(int page) {
        MemorySegment m = pages.get(page);
        if (m == null) {
            throw new IllegalStateException("page " + page + " was freed");
        }
        return m;
    }

    synchronized long address(int page) {
        return at(page).address();
    }

    @Override
    public synchronized void close() {
        blocks.forEach(Heap::free);
        pages.clear();
        blocks.clear();
        if (file != null) {
            file.close();
        }
    }
}
