package org.sluice.error;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * Root of everything Sluice throws on purpose. The message is one sentence with the numbers and the remedy; front doors
 * print it as it is.
 */
public abstract sealed class SluiceException extends RuntimeException
        permits BackendException,
                CancelledException,
                CheckpointException,
                InvalidRequestException,
                MemoryLimitException,
                OverloadedException,
                UnsupportedException {
    @Serial
    private static final long serialVersionUID = 1L;

    SluiceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
