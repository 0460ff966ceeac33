package org.sluice.error;

import java.io.Serial;

/** Something does not fit into memory. Carries the bytes needed, the bytes there are, and the option to change. */
public final class MemoryLimitException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public MemoryLimitException(String message) {
        super(message, null);
    }

    /**
     * @param message what is wrong, where, and what to do about it
     * @param cause what was caught
     */
    public MemoryLimitException(String message, Throwable cause) {
        super(message, cause);
    }
}
