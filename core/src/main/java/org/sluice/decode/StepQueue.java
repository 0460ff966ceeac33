package org.sluice.decode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;
import org.sluice.error.MemoryLimitException;

/**
 * Where the answers of an engine meet before each step: the last to arrive computes the step for all of them on its own
 * thread. An answer that does not arrive in time (its listener is slow, say) is left out until it comes again, so it delays
 * the others once and not in every step. Its answers may belong to several programs with the same limits: a step is then one
 * run of each. Safe for use by several threads.
 */
final class StepQueue {
    /** How long a step waits for those that are missing: as long as the last one took, within these bounds. */
    private static final long LEAST_PATIENCE = 100_000;

    private static final long MOST_PATIENCE = 50_000_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final StepPlan plan;
    private final Consumer<List<StepRows>> compute;
    private final BooleanSupplier reclaim;
    private final Set<StepRows> members = new HashSet<>();
    private final Deque<StepRows> waiting = new ArrayDeque<>();
    private final List<StepRows> parked = new ArrayList<>();
    /** Members that a step waits for: neither late nor parked. */
    private int expected;

    private boolean stepping;
    private long beginnings;
    private long patience = LEAST_PATIENCE;
    /** Since when the next step could have run, but for those that are missing. */
    private long since;

    /**
     * A queue.
     *
     * @param compute computes a step and says of each of its parts whether it is done or has failed; runs outside the lock, one at a time
     * @param reclaim gives cache memory back that no answer needs; false where there is none
     */
    StepQueue(StepPlan plan, Consumer<List<StepRows>> compute, BooleanSupplier reclaim) {
        this.plan = plan;
        this.compute = compute;
        this.reclaim = reclaim;
    }

    /** An answer begins. */
    StepRows join(StepRunner runner, Sequence sequence) {
        lock.lock();
        try {
            StepRows r = new StepRows(runner, sequence, lock.newCondition(), beginnings++);
            members.add(r);
            expected++;
            return r;
        } finally {
            lock.unlock();
        }
    }

    /** An answer has ended; its caches may be used by others from now on, or given back. */
    void leave(StepRows r) {
        lock.lock();
        try {
            if (!members.remove(r)) {
                return;
            }
            if (!r.late) {
                expected--;
            }
            // whether its memory is enough for those that wait for memory, they find out by trying
            for (StepRows p : parked) {
                p.parked = false;
                expected++;
                waiting.addLast(p);
            }
            parked.clear();
            wakeFirst();
        } finally {
            lock.unlock();
        }
    }

    /** An answer has ended and gives its memory back soon: nobody waits for it in a step, but those who need memory do. */
    void finish(StepRows r) {
        lock.lock();
        try {
            if (members.contains(r) && !r.late) {
                r.late = true;
                expected--;
            }
            wakeFirst();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody wants an answer any more: where it waits, it stops at once, but for a step that computes it already. */
    void cancel(StepRows r) {
        lock.lock();
        try {
            r.cancelled = true;
            if (r.state != StepRows.State.WAITING || r.computing || !members.contains(r)) {
                return;
            }
            r.state = StepRows.State.CANCELLED;
            if (r.parked) {
                parked.remove(r);
                r.parked = false;
                expected++;
            }
            waiting.remove(r);
            r.changed.signal();
            wakeFirst();
        } finally {
            lock.unlock();
        }
    }

    /** Answers that have begun and not ended. */
    int members() {
        lock.lock();
        try {
            return members.size();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until a step has dealt with what was asked for; interruption has no effect until then. */
    StepRows.State await(StepRows r) {
        boolean interrupted = false;
        lock.lock();
        try {
            arrive(r);
            while (r.state == StepRows.State.WAITING) {
                if (stepping || r.parked) {
                    r.changed.awaitUninterruptibly();
                } else if (isReady()) {
                    lead();
                } else if (isFirst(r)) {
                    long left = since + patience - System.nanoTime();
                    if (left <= 0) {
                        leaveOutTheMissing();
                    } else {
                        try {
                            r.changed.awaitNanos(left);
                        } catch (InterruptedException e) {
                            interrupted = true;
                        }
                    }
                } else {
                    r.changed.awaitUninterruptibly();
                }
            }
            return r.state;
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void arrive(StepRows r) {
        if (r.late) {
            r.late = false;
            expected++;
        }
        boolean starved = r.state == StepRows.State.PREEMPTED;
        if (r.cancelled) {
            r.state = StepRows.State.CANCELLED;
            return;
        }
        r.state = StepRows.State.WAITING;
        r.granted = 0;
        r.failure = null;
        if (starved && members.size() > parked.size() + 1) {
            r.parked = true;
            expected--;
            parked.add(r);
            wakeFirst();
            return;
        }
        if (waiting.isEmpty()) {
            since = System.nanoTime();
        }
        waiting.addLast(r);
    }

    @SuppressWarnings("ReferenceEquality") // a request is an identity
    private boolean isFirst(StepRows r) {
        return waiting.peekFirst() == r;
    }

    private boolean isReady() {
        return !waiting.isEmpty() && (waiting.size() >= expected || plan.isFull(waiting));
    }

    private void leaveOutTheMissing() {
        for (StepRows m : members) {
            if (!m.late && !m.parked && m.state != StepRows.State.WAITING) {
                m.late = true;
                expected--;
            }
        }
    }

    /** Runs one step for those that wait, as far as it has room for them. */
    private void lead() {
        List<StepRows> step = makeRoom(plan.choose(waiting));
        // at once: who wakes while the step runs may come again, and must not be in the line twice
        dismiss();
        if (!step.isEmpty()) {
            stepping = true;
            step.forEach(r -> r.computing = true);
            lock.unlock();
            long began = System.nanoTime();
            long took;
            try {
                compute.accept(step);
            } finally {
                took = System.nanoTime() - began;
                lock.lock();
                stepping = false;
            }
            for (StepRows r : step) {
                r.computing = false;
                r.state = r.outcome;
            }
            patience = Math.clamp(took, LEAST_PATIENCE, MOST_PATIENCE);
        }
        dismiss();
        since = System.nanoTime();
        wakeFirst();
    }

    /** Lets those go whose requests were dealt with. */
    private void dismiss() {
        waiting.removeIf(r -> {
            if (r.state != StepRows.State.WAITING) {
                r.changed.signal();
                return true;
            }
            return false;
        });
    }

    /** The first in line sees to it that a step runs. */
    private void wakeFirst() {
        StepRows first = waiting.peekFirst();
        if (first != null) {
            first.changed.signal();
        }
    }

    /**
     * Reserves cache memory for every part of a step. Where it is short, caches that no answer needs go first, then those of
     * the youngest answer that waits. The oldest one always gets on, so every answer ends.
     */
    private List<StepRows> makeRoom(List<StepRows> chosen) {
        List<StepRows> step = new ArrayList<>();
        for (StepRows r : chosen) {
            if (r.state == StepRows.State.WAITING && reserve(r)) {
                step.add(r);
            }
        }
        step.removeIf(r -> r.state != StepRows.State.WAITING);
        if (step.isEmpty() && chosen.stream().allMatch(r -> r.state == StepRows.State.WAITING)) {
            awaitTheOthers(chosen.getFirst());
        }
        return step;
    }

    private boolean reserve(StepRows r) {
        while (true) {
            try {
                r.sequence.reserve(r.granted);
                return true;
            } catch (MemoryLimitException e) {
                if (reclaim.getAsBoolean()) {
                    continue;
                }
                StepRows victim = youngestBehind(r);
                if (victim != null) {
                    preempt(victim);
                    continue;
                }
                if (members.stream().anyMatch(m -> m.age < r.age)) {
                    preempt(r);
                } else if (members.stream().noneMatch(StepQueue::isBusy)) {
                    fail(r, e);
                }
                return false;
            } catch (RuntimeException e) {
                fail(r, e);
                return false;
            }
        }
    }

    private @Nullable StepRows youngestBehind(StepRows r) {
        StepRows found = null;
        for (StepRows w : waiting) {
            if (w.age > r.age
                    && w.state == StepRows.State.WAITING
                    && w.sequence.bytes() > 0
                    && (found == null || w.age > found.age)) {
                found = w;
            }
        }
        return found;
    }

    /** Whether it is between steps and may give memory back when it comes again. */
    private static boolean isBusy(StepRows m) {
        return m.state != StepRows.State.WAITING && m.state != StepRows.State.PREEMPTED;
    }

    private static void preempt(StepRows r) {
        r.sequence.truncate(0);
        r.state = StepRows.State.PREEMPTED;
    }

    private static void fail(StepRows r, RuntimeException e) {
        r.failure = e;
        r.state = StepRows.State.FAILED;
    }

    /** The oldest answer finds no memory while younger ones are busy elsewhere: they will come, or end. */
    private void awaitTheOthers(StepRows oldest) {
        try {
            for (long left = LEAST_PATIENCE; left > 0; ) {
                left = oldest.changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
