package org.sluice.decode;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sluice.error.CancelledException;

/** Lets one thread ask another to stop. Safe for use by several threads; once cancelled it stays so. */
public final class CancelToken {
    private final CancelToken[] parents;
    /** By an object for each, since the same action may be here twice. */
    private final Map<Object, Runnable> actions = new ConcurrentHashMap<>();

    private volatile boolean cancelled;

    /** A token nobody has cancelled. */
    public CancelToken() {
        this(new CancelToken[0]);
    }

    /** A token that is cancelled with any of others, too. */
    public CancelToken(CancelToken... parents) {
        this.parents = parents.clone();
    }

    /** Asks the work that holds this token to stop at the next chance: between tokens and between prefill chunks. */
    public void cancel() {
        cancelled = true;
        actions.keySet().forEach(this::run);
    }

    private void run(Object key) {
        Runnable action = actions.remove(key);
        if (action != null) {
            action.run();
        }
    }

    /** What takes an action back. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Runs a short action as soon as somebody asks, on that thread, and at once where somebody has: maybe more than once, so
     * it had better do no harm then. The result takes it back.
     */
    Watch onCancel(Runnable action) {
        Object key = new Object();
        actions.put(key, action);
        List<Watch> above = Arrays.stream(parents).map(p -> p.onCancel(action)).toList();
        if (cancelled) {
            run(key);
        }
        return () -> {
            actions.remove(key);
            above.forEach(Watch::close);
        };
    }

    /** Whether somebody asked. */
    public boolean isCancelled() {
        for (CancelToken p : parents) {
            if (p.isCancelled()) {
                return true;
            }
        }
        return cancelled;
    }

    /** Throws {@link CancelledException} if somebody asked. */
    public void check() {
        if (isCancelled()) {
            throw new CancelledException("cancelled by the caller");
        }
    }
}
