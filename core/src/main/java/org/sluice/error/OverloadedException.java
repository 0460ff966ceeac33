package org.sluice.error;

import java.io.Serial;

/** More was asked for at the same time than there is room for. Carries how much there is; trying again later may work. */
public final class OverloadedException extends SluiceException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, where, and what to do about it */
    public OverloadedException(String message) {
        super(message, null);
    }
}
