package org.sluice.error;

import java.io.Serial;

/** A model file is damaged, incomplete or contradictory. Names the file and the tensor, field or offset. */
public final class CheckpointException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public CheckpointException(String message) {
        super(message, null);
    }

    /**
     * @param message what is wrong, where, and what to do about it
     * @param cause what was caught
     */
    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
