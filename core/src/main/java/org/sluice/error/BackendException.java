package org.sluice.error;

import java.io.Serial;

/** A device failed or a backend cannot be started: driver, kernel build, launch, lost device. */
public final class BackendException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public BackendException(String message) {
        super(message, null);
    }

    /**
     * @param message what is wrong, where, and what to do about it
     * @param cause what was caught
     */
    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}
