package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import org.jocl.cl_command_queue;
import org.jocl.cl_kernel;

/** A command that runs a list of calls, see {@code chain.cl}. What of it has nothing to do in a step is skipped by the kernel. */
record Chain(cl_kernel kernel, int firstSlab) implements Launchable {
    private static final long[] ONE = {1, 1};

    @Override
    public void enqueue(cl_command_queue queue, int rows, int outputs, int context) {
        Cl.check(clEnqueueNDRangeKernel(queue, kernel, 2, null, ONE, ONE, 0, null, null), "a chain of operations");
    }

    @Override
    public void close() {
        clReleaseKernel(kernel);
    }
}
