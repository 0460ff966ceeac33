package org.sluice.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where sessions meet that use the same draft layer: what arrives while it computes is computed together afterwards, by the
 * first that arrived. Nobody waits for company. Safe for use by several threads.
 */
final class DraftQueue<W extends DraftQueue.Work> {
    /** What a session asks for. */
    abstract static class Work {
        /** Why it could not be computed, or null. */
        @Nullable
        RuntimeException failure;

        private boolean done;
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<W> waiting = new ArrayList<>();
    private final Consumer<List<W>> compute;
    private boolean computing;

    /** @param compute computes works and leaves in each why it failed; runs outside the lock, one at a time */
    DraftQueue(Consumer<List<W>> compute) {
        this.compute = compute;
    }

    /** Waits until a work is computed; throws what it failed with. */
    void run(W work) {
        lock.lock();
        try {
            waiting.add(work);
            while (!isDone(work)) {
                if (computing) {
                    changed.awaitUninterruptibly();
                } else {
                    lead();
                }
            }
        } finally {
            lock.unlock();
        }
        if (work.failure != null) {
            throw work.failure;
        }
    }

    private static boolean isDone(Work work) {
        return work.done;
    }

    private void lead() {
        List<W> batch = List.copyOf(waiting);
        waiting.clear();
        computing = true;
        lock.unlock();
        try {
            compute.accept(batch);
        } finally {
            lock.lock();
            computing = false;
            for (Work w : batch) {
                w.done = true;
            }
            changed.signalAll();
        }
    }
}
