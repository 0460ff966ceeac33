package org.sluice.error;

import java.io.Serial;

/** The caller cancelled a load, a prefill or a generation. */
public final class CancelledException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public CancelledException(String message) {
        super(message, null);
    }

    /**
     * @param message what is wrong, where, and what to do about it
     * @param cause what was caught
     */
    public CancelledException(String message, Throwable cause) {
        super(message, cause);
    }
}
