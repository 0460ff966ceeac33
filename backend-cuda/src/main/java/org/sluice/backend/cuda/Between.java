package org.sluice.backend.cuda;

import java.util.Arrays;

/**
 * Memory of a program that belongs to no value; all its calls use the same, as they run one behind the other.
 *
 * @param spare address of what lies between the kernels of a call
 * @param arrived address of counters of blocks, all zero between kernels
 */
record Between(long spare, long arrived) {
    /** Arguments with the two behind them that a kernel takes whose last blocks go on: what they go on with, and the counters. */
    long[] behind(long[] values, long what) {
        long[] all = Arrays.copyOf(values, values.length + 2);
        all[values.length] = what;
        all[values.length + 1] = arrived;
        return all;
    }
}
