package org.sluice.cli.bench;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reads memory as fast as a number of threads can and does nothing with it: the bound of everything that must read these
 * bytes. Not safe for use by several threads; closing it ends its own.
 */
@SuppressWarnings("NonAtomicVolatileUpdate") // one writer
public final class PlainRead implements AutoCloseable {
    private static final VectorSpecies<Long> S = LongVector.SPECIES_PREFERRED;
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final int threads;
    private final List<Thread> others = new ArrayList<>();
    private final AtomicInteger left = new AtomicInteger();
    private volatile int round;
    private volatile boolean closed;
    private volatile long sink;
    private Share[] work = {};

    /** Pieces of memory that one thread reads. */
    private record Share(long[] address, long[] bytes) {}

    /** @param threads that share the work, the caller's included */
    public PlainRead(int threads) {
        this.threads = threads;
        for (int i = 1; i < threads; i++) {
            int index = i;
            Thread t = new Thread(() -> follow(index), "sluice-read-" + i);
            t.setDaemon(true);
            t.start();
            others.add(t);
        }
    }

    /** Nanoseconds of reading all segments once, cut into equal shares. */
    public long nanos(List<MemorySegment> segments) {
        work = cut(segments);
        left.set(threads);
        long start = System.nanoTime();
        round++;
        others.forEach(LockSupport::unpark);
        read(0);
        while (left.get() > 0) {
            Thread.onSpinWait();
        }
        return System.nanoTime() - start;
    }

    private Share[] cut(List<MemorySegment> segments) {
        long total = segments.stream().mapToLong(MemorySegment::byteSize).sum();
        Share[] shares = new Share[threads];
        int s = 0;
        long offset = 0;
        for (int t = 0; t < threads; t++) {
            long want = total * (t + 1) / threads - total * t / threads;
            List<Long> address = new ArrayList<>();
            List<Long> bytes = new ArrayList<>();
            while (want > 0) {
                MemorySegment m = segments.get(s);
                long n = Math.min(want, m.byteSize() - offset);
                address.add(m.address() + offset);
                bytes.add(n);
                want -= n;
                offset += n;
                if (offset == m.byteSize()) {
                    s++;
                    offset = 0;
                }
            }
            shares[t] = new Share(
                    address.stream().mapToLong(Long::longValue).toArray(),
                    bytes.stream().mapToLong(Long::longValue).toArray());
        }
        return shares;
    }

    private void follow(int index) {
        int seen = 0;
        int idle = 0;
        while (!closed) {
            if (round != seen) {
                seen = round;
                idle = 0;
                read(index);
            } else if (idle++ < 20_000) {
                Thread.onSpinWait();
            } else {
                // between two reads the engine under test wants the processor, all of it
                LockSupport.park(this);
            }
        }
    }

    private void read(int index) {
        Share share = work[index];
        long sum = 0;
        for (int i = 0; i < share.address.length; i++) {
            sum += sum(share.address[i], share.bytes[i]);
        }
        sink = sum;
        left.decrementAndGet();
    }

    /** Four independent sums keep enough loads in flight; up to 511 bytes at the end are left out. */
    private static long sum(long address, long bytes) {
        LongVector a = LongVector.zero(S);
        LongVector b = a;
        LongVector c = a;
        LongVector d = a;
        int w = S.vectorByteSize();
        long at = address;
        long end = address + bytes - 4L * w;
        for (; at <= end; at += 4L * w) {
            a = a.add(LongVector.fromMemorySegment(S, ALL, at, ByteOrder.nativeOrder()));
            b = b.add(LongVector.fromMemorySegment(S, ALL, at + w, ByteOrder.nativeOrder()));
            c = c.add(LongVector.fromMemorySegment(S, ALL, at + 2L * w, ByteOrder.nativeOrder()));
            d = d.add(LongVector.fromMemorySegment(S, ALL, at + 3L * w, ByteOrder.nativeOrder()));
        }
        return a.add(b).add(c.add(d)).lane(0);
    }

    /** What was read, so that the reading cannot be left out. */
    public long sink() {
        return sink;
    }

    @Override
    public void close() {
        closed = true;
        others.forEach(LockSupport::unpark);
        for (Thread t : others) {
            try {
                t.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
