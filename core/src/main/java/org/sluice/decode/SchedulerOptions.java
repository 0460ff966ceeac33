package org.sluice.decode;

import org.sluice.error.InvalidRequestException;

/**
 * How many requests a scheduler takes.
 *
 * @param running most requests that are computed at the same time; each holds its caches
 * @param queue most requests that wait for one of those to end
 */
public record SchedulerOptions(int running, int queue) {
    /** Checks the numbers. */
    public SchedulerOptions {
        if (running < 1 || queue < 0 || running + (long) queue > Integer.MAX_VALUE) {
            throw new InvalidRequestException(
                    "a scheduler of " + running + " running and " + queue + " waiting requests makes no sense");
        }
    }
}
