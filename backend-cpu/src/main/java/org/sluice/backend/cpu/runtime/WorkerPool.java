package org.sluice.backend.cpu.runtime;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that works on one loop at a time. The caller of {@link #run} is a member; calls must not overlap.
 *
 * <p>Between loops the others spin for some microseconds, then yield, then sleep: the loops of a decode step follow each
 * other faster than a thread can be woken. Units are handed out one by one, so that a slow core does less; results must
 * therefore not depend on which worker does which unit. Workers are daemons.
 */
// epoch has one writer, the caller of run; yielding is a courtesy, never needed for progress
@SuppressWarnings({"NonAtomicVolatileUpdate", "ThreadPriorityCheck"})
public final class WorkerPool implements AutoCloseable {
    private static final int SPINS = 4_000;
    private static final int YIELDS = 400;

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

    private final Worker[] others;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger working = new AtomicInteger();
    private @Nullable Units task;
    private int units;
    private volatile int epoch;
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
        if (others.length == 0 || n == 1) {
            for (int i = 0; i < n; i++) {
                body.unit(i, 0);
            }
            return;
        }
        task = body;
        units = n;
        next.setPlain(0);
        working.setPlain(others.length);
        epoch = epoch + 1;
        for (Worker w : others) {
            if (w.asleep) {
                LockSupport.unpark(w);
            }
        }
        work(body, n, 0);
        int spins = 0;
        while (working.get() != 0) {
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        task = null;
        Throwable t = failure;
        if (t != null) {
            failure = null;
            if (t instanceof Error e) {
                throw e;
            }
            throw (RuntimeException) t;
        }
    }

    private void work(Units body, int n, int worker) {
        try {
            int i;
            while ((i = next.getAndIncrement()) < n) {
                body.unit(i, worker);
            }
        } catch (RuntimeException | Error t) {
            failure = t;
            next.set(n);
        }
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
            int seen = 0;
            int idle = 0;
            while (!closed) {
                int now = epoch;
                if (now == seen) {
                    idle = rest(idle, seen);
                    continue;
                }
                seen = now;
                idle = 0;
                Units body = task;
                if (body != null) {
                    work(body, units, index);
                }
                working.getAndDecrement();
            }
        }

        private int rest(int idle, int seen) {
            if (idle < SPINS) {
                Thread.onSpinWait();
            } else if (idle < SPINS + YIELDS) {
                Thread.yield();
            } else {
                asleep = true;
                if (epoch == seen && !closed) {
                    LockSupport.park(WorkerPool.this);
                }
                asleep = false;
            }
            return idle + 1;
        }
    }
}
