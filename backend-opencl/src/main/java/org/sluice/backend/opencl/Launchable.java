package org.sluice.backend.opencl;

import org.jocl.cl_command_queue;
import org.jocl.cl_kernel;

/** What a step enqueues. Not safe for use by several threads. */
sealed interface Launchable extends AutoCloseable permits Command, Chain {
    cl_kernel kernel();

    /** Index of the first of the kernel's arguments for pages, or −1 where it has none. */
    int firstSlab();

    /** Enqueues it, unless the step has nothing for it to do. */
    void enqueue(cl_command_queue queue, int rows, int outputs, int context);

    @Override
    void close();
}
