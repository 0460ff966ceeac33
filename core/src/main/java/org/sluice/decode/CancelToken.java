package org.sluice.decode;

import org.sluice.error.CancelledException;

/** Lets one thread ask another to stop. Safe for use by several threads; once cancelled it stays so. */
public final class CancelToken {
    private final CancelToken[] parents;
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
