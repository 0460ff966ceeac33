package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jspecify.annotations.Nullable;

/** A kernel with all its arguments set, to be enqueued once per step. Not safe for use by several threads. */
final class Command implements AutoCloseable {
    private final Work work;
    private final cl_kernel kernel;
    private final Launch launch;
    private final int firstSlab;
    private final long[] global = new long[2];
    private final long[] local;

    /** @param firstSlab index of the first of the kernel's arguments for pages, or −1 */
    Command(Work work, cl_kernel kernel, Launch launch, int group, int firstSlab) {
        this.work = work;
        this.kernel = kernel;
        this.launch = launch;
        this.firstSlab = firstSlab;
        local = new long[] {group, 1};
    }

    Work work() {
        return work;
    }

    cl_kernel kernel() {
        return kernel;
    }

    int firstSlab() {
        return firstSlab;
    }

    /** Whether steps like this one enqueue it. */
    boolean runs(int rows, int outputs, int context) {
        return launch.runs(rows, outputs, context)
                && launch.x().groups(rows, outputs, context) > 0
                && launch.y().groups(rows, outputs, context) > 0;
    }

    /** Enqueues it, unless the step has nothing for it to do. */
    boolean enqueue(cl_command_queue queue, int rows, int outputs, int context, @Nullable cl_event event) {
        if (!runs(rows, outputs, context)) {
            return false;
        }
        global[0] = launch.x().groups(rows, outputs, context) * local[0];
        global[1] = launch.y().groups(rows, outputs, context);
        int status = clEnqueueNDRangeKernel(queue, kernel, 2, null, global, local, 0, null, event);
        if (status != CL_SUCCESS) {
            Cl.check(status, work.nodes().getFirst().op().kind());
        }
        return true;
    }

    @Override
    public void close() {
        clReleaseKernel(kernel);
    }
}
