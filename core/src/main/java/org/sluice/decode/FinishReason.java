package org.sluice.decode;

/** Why a generation ended. */
public enum FinishReason {
    /** The model ended it with one of the stop tokens, or the caller's listener did. */
    STOP,
    /** The number of tokens asked for, or the end of the context, was reached. */
    LENGTH,
    /** The caller cancelled it. */
    CANCELLED
}
