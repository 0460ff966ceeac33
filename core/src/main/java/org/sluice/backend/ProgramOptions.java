package org.sluice.backend;

import org.sluice.error.InvalidRequestException;

/**
 * The largest step and the longest sequence a program must be able to run.
 *
 * @param maxRows token rows in a step
 * @param maxOutputs rows whose result is wanted in a step, at most {@code maxRows}
 * @param maxContext tokens in a sequence
 */
public record ProgramOptions(int maxRows, int maxOutputs, int maxContext) {
    /** Checks the numbers. */
    public ProgramOptions {
        if (maxRows < 1 || maxOutputs < 1 || maxOutputs > maxRows || maxContext < 1) {
            throw new InvalidRequestException("a program for " + maxRows + " rows, " + maxOutputs + " outputs and "
                    + maxContext + " tokens of context makes no sense");
        }
    }
}
