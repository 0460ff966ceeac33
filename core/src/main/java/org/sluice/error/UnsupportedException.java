package org.sluice.error;

import java.io.Serial;

/** A valid model, op or option that this build or this backend cannot run. Says which and why. */
public final class UnsupportedException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public UnsupportedException(String message) {
        super(message, null);
    }

    /**
     * @param message what is wrong, where, and what to do about it
     * @param cause what was caught
     */
    public UnsupportedException(String message, Throwable cause) {
        super(message, cause);
    }
}
