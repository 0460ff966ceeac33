package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jocl.cl_kernel;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.Work;

/** A kernel with all its arguments set, to be enqueued once per step. Not safe for use by several threads. */
final class Command implements Launchable {
    private final Call call;
    private final cl_kernel kernel;
    private final long[] global = new long[2];
    private final long[] local;
    private int firstSlab = -1;

    Command(Call call, cl_kernel kernel, int group) {
        this.call = call;
        this.kernel = kernel;
        local = new long[] {group, 1};
    }

    /** Index of the first of the kernel's arguments for pages, or −1 where it has none. */
    void slabsFrom(int index) {
        firstSlab = index;
    }

    Work work() {
        return call.work();
    }

    @Override
    public cl_kernel kernel() {
        return kernel;
    }

    @Override
    public int firstSlab() {
        return firstSlab;
    }

    /** Whether steps like this one enqueue it. */
    boolean runs(int rows, int outputs, int context) {
        return call.runs(rows, outputs, context);
    }

    @Override
    public void enqueue(cl_command_queue queue, int rows, int outputs, int context) {
        enqueue(queue, rows, outputs, context, null);
    }

    /** Enqueues it, unless the step has nothing for it to do. */
    boolean enqueue(cl_command_queue queue, int rows, int outputs, int context, @Nullable cl_event event) {
        if (!runs(rows, outputs, context)) {
            return false;
        }
        global[0] = call.launch().x().groups(rows, outputs, context) * local[0];
        global[1] = call.launch().y().groups(rows, outputs, context);
        int status = clEnqueueNDRangeKernel(queue, kernel, 2, null, global, local, 0, null, event);
        if (status != CL_SUCCESS) {
            Cl.check(status, work().nodes().getFirst().op().kind());
        }
        return true;
    }

    @Override
    public void close() {
        clReleaseKernel(kernel);
    }
}
