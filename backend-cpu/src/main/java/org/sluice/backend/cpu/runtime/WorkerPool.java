package org.sluice.backend.cpu.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that works on one loop at a time. The caller of {@link #run} is a member; calls must not overlap.
 *
 * <p>Between loops the others spin for some microseconds, then yield, then sleep: the loops of a decode step follow each
 * other faster than a thread can be woken. Units are handed out one by one, and a loop ends when its units are done, not
 * when every worker has looked in: on a busy machine the caller does alone what the others are too late for. Results must
 * therefore not depend on which worker does which unit. Workers are daemons.
 */
@SuppressWarnings("ThreadPriorityCheck") // yielding is a courtesy, never needed for progress
public final class WorkerPool implements AutoCloseable {
    private static final int SPINS = 4_000;
    private static final int YIELDS = 400;

    /** Most units of a loop. */
    public static final int MAX_UNITS = (1 << 24) - 1024;

    /** The body of a loop. */
    public interface Units {
        /**
         * Does one unit.
         *
         * @param unit 0 to units−1
         * @param worker 0 to workers−1: index of the thread, for its scratch memory
         */
        void unit(int unit, int worker);
    }

    /**
     * Loop number, number of units and next unit in one word. Whoever draws a unit from it may read {@link #task}: the loop
     * it belongs to cannot end before the unit is done.
     */
    private final AtomicLong ticket = new AtomicLong();

    private final AtomicInteger done = new AtomicInteger();
    private final Worker[] others;
    private @Nullable Units task;
    private long loop;
    private volatile boolean closed;
    private volatile @Nullable Throwable failure;

    /** A team of {@code workers}, the caller included. */
    public WorkerPool(int workers) {
        others = new Worker[workers - 1];
        for (int i = 0; i < others.length; i++) {
            others[i] = new Worker(i + 1);
            others[i].start();
        }
    }

    /** Members of the team. */
    public int workers() {
        return others.length + 1;
    }

    /** Does units 0 to {@code n−1} and returns when all are done; an exception of a unit comes out here. */
    public void run(int n, Units body) {
        if (others.length == 0 || n <= 1) {
            for (int i = 0; i < n; i++) {
                body.unit(i, 0);
            }
            return;
        }
        if (n > MAX_UNITS) {
            throw new IllegalArgumentException(n + " units in one loop");
        }
        task = body;
        done.setPlain(0);
        loop = (loop + 1) & 0xffff;
        ticket.set(loop << 48 | (long) n << 24);
        for (Worker w : others) {
            if (w.asleep) {
                LockSupport.unpark(w);
            }
        }
        while (work(0)) {}
        int spins = 0;
        while (done.get() != n) {
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        Throwable t = failure;
        if (t != null) {
            failure = null;
            if (t instanceof Error e) {
                throw e;
            }
            throw (RuntimeException) t;
        }
    }

    private static int units(long ticket) {
        return (int) (ticket >>> 24) & 0xffffff;
    }

    private static int next(long ticket) {
        return (int) ticket & 0xffffff;
    }

    /** Draws a unit and does it; false where none is left. */
    private boolean work(int worker) {
        long seen = ticket.get();
        if (next(seen) >= units(seen)) {
            return false;
        }
        long drawn = ticket.getAndIncrement();
        int unit = next(drawn);
        if (unit >= units(drawn)) {
            return false;
        }
        try {
            Units body = task;
            if (body != null) {
                body.unit(unit, worker);
            }
        } catch (RuntimeException | Error t) {
            failure = t;
        }
        done.getAndIncrement();
        return true;
    }

    @Override
    public void close() {
        closed = true;
        for (Worker w : others) {
            LockSupport.unpark(w);
        }
        for (Worker w : others) {
            try {
                w.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private final class Worker extends Thread {
        private final int index;
        private volatile boolean asleep;

        Worker(int index) {
            super("sluice-cpu-" + index);
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run() {
            int idle = 0;
            while (!closed) {
                idle = work(index) ? 0 : rest(idle);
            }
        }

        private int rest(int idle) {
            if (idle < SPINS) {
                Thread.onSpinWait();
            } else if (idle < SPINS + YIELDS) {
                Thread.yield();
            } else {
                asleep = true;
                long seen = ticket.get();
                if (next(seen) >= units(seen) && !closed) {
                    LockSupport.park(WorkerPool.this);
                }
                asleep = false;
            }
            return idle + 1;
        }
    }
}
