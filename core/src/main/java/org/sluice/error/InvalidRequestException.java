package org.sluice.error;

import java.io.Serial;

/** A request or option makes no sense: prompt longer than the context, tool arguments that are no object, and so on. */
public final class InvalidRequestException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public InvalidRequestException(String message) {
        super(message, null);
    }

    /**
     * @param message what is wrong, where, and what to do about it
     * @param cause what was caught
     */
    public InvalidRequestException(String message, Throwable cause) {
        super(message, cause);
    }
}
