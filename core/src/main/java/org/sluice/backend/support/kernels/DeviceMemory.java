package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;
import org.sluice.error.BackendException;
import org.sluice.error.MemoryLimitException;

/**
 * Memory of a device that is not the host's. What is asked of it happens in order, together with the steps of the device's
 * programs. Safe for use by several threads.
 *
 * @param <B> a piece of it
 */
public interface DeviceMemory<B> {
    /**
     * A new piece; its content is undefined.
     *
     * @param what what it is for, to be named where there is none left
     * @throws MemoryLimitException where there is none left
     */
    B allocate(long bytes, String what);

    /**
     * Copies host memory to the device. When it returns, {@code from} may change.
     *
     * @throws BackendException where the device fails
     */
    void write(B to, long offset, MemorySegment from);

    /** Copies to host memory and waits for it. */
    void read(B from, long offset, MemorySegment to);

    /** Copies within the device. */
    void copy(B from, long fromOffset, B to, long toOffset, long bytes);

    /** Gives a piece back. */
    void free(B piece);
}
