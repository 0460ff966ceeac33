package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.support.PagePool;
import org.sluice.error.MemoryLimitException;

/**
 * Pages in up to eight buffers, each twice as large as the one before, so that nothing moves when the pool grows and kernels
 * reach every page through a fixed number of arguments. Thread-safe.
 *
 * @param <B> a piece of the device's memory
 */
public final class Slabs<B> implements PagePool.Memory, AutoCloseable {
    /** Arguments a kernel has for them. */
    public static final int MOST = 8;

    private static final int INDEX_BITS = 28;

    private final DeviceMemory<B> memory;
    private final long pageBytes;
    private final int[] firstPage = new int[MOST + 1];
    private final List<B> slabs = new ArrayList<>();

    /**
     * No slab yet.
     *
     * @param pages the most there can be
     * @param maxAllocation bytes of the largest piece of memory
     */
    public Slabs(DeviceMemory<B> memory, long pageBytes, long pages, long maxAllocation) {
        this.memory = memory;
        this.pageBytes = pageBytes;
        long most = Math.clamp(maxAllocation / pageBytes, 1, (1 << INDEX_BITS) - 1);
        long first = Math.clamp(Math.ceilDiv(pages, (1 << MOST) - 1), Math.min(4, most), most);
        for (int i = 0; i < MOST; i++) {
            long size = Math.min(first << i, most);
            firstPage[i + 1] = (int) Math.min(Integer.MAX_VALUE, firstPage[i] + size);
        }
    }

    @Override
    public synchronized void allocate(int page) {
        if (page >= firstPage[MOST]) {
            throw new MemoryLimitException("the KV cache is full: " + MOST + " buffers hold " + firstPage[MOST]
                    + " pages of " + MemoryPlan.human(pageBytes) + "; close sequences or lower the context length");
        }
        while (page >= firstPage[slabs.size()]) {
            int i = slabs.size();
            slabs.add(memory.allocate((firstPage[i + 1] - firstPage[i]) * pageBytes, "pages of the KV cache"));
        }
    }

    private int slabOf(int page) {
        int s = 0;
        while (page >= firstPage[s + 1]) {
            s++;
        }
        return s;
    }

    /** A page as kernels name it. */
    public int entry(int page) {
        int s = slabOf(page);
        return s << INDEX_BITS | (page - firstPage[s]);
    }

    @Override
    public synchronized void copy(int from, int to) {
        int a = slabOf(from);
        int b = slabOf(to);
        memory.copy(
                slabs.get(a),
                (from - firstPage[a]) * pageBytes,
                slabs.get(b),
                (to - firstPage[b]) * pageBytes,
                pageBytes);
    }

    @Override
    public synchronized void read(int page, long offset, MemorySegment to) {
        int s = slabOf(page);
        memory.read(slabs.get(s), (page - firstPage[s]) * pageBytes + offset, to);
    }

    @Override
    public synchronized void write(int page, long offset, MemorySegment from) {
        int s = slabOf(page);
        memory.write(slabs.get(s), (page - firstPage[s]) * pageBytes + offset, from);
    }

    /** How many there are by now. */
    public synchronized int count() {
        return slabs.size();
    }

    /** One of them. */
    public synchronized B slab(int i) {
        return slabs.get(i);
    }

    @Override
    public synchronized void close() {
        slabs.forEach(memory::free);
        slabs.clear();
    }
}
