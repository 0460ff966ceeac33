package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.util.ArrayList;
import java.util.List;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.OpTiming;
import org.sluice.backend.support.kernels.Work;
import org.sluice.backend.support.kernels.WorkTimes;

/** Times commands with events, on a queue of its own, as events cost time themselves. Not safe for use by several threads. */
final class Profiler {
    private final OpenClDevice device;
    private final WorkTimes times;
    private final List<Work> running = new ArrayList<>();
    private final List<cl_event> events = new ArrayList<>();
    private @Nullable cl_command_queue queue;
    private @Nullable cl_event pending;
    private boolean on;

    Profiler(OpenClDevice device, List<Work> works) {
        this.device = device;
        times = new WorkTimes(works);
    }

    /** Whether commands are being timed. */
    boolean on() {
        return on;
    }

    /** The queue that steps go to. */
    cl_command_queue queue() {
        if (!on) {
            return device.queue();
        }
        clFinish(device.queue());
        cl_command_queue q = queue;
        if (q == null) {
            q = device.queue(CL_QUEUE_PROFILING_ENABLE);
            queue = q;
        }
        return q;
    }

    /** The event that the next command completes, or null. */
    @Nullable
    cl_event event() {
        pending = on ? new cl_event() : null;
        return pending;
    }

    /** Remembers whether a command was enqueued with the last event. */
    void enqueued(Command command, boolean yes) {
        cl_event e = pending;
        if (yes && e != null) {
            running.add(command.work());
            events.add(e);
        }
    }

    /** Adds up the times of a step that is complete. */
    void collect() {
        if (!on) {
            return;
        }
        times.step();
        long[] start = new long[1];
        long[] end = new long[1];
        for (int i = 0; i < events.size(); i++) {
            cl_event e = events.get(i);
            clGetEventProfilingInfo(e, CL_PROFILING_COMMAND_START, Sizeof.cl_ulong, Pointer.to(start), null);
            clGetEventProfilingInfo(e, CL_PROFILING_COMMAND_END, Sizeof.cl_ulong, Pointer.to(end), null);
            clReleaseEvent(e);
            times.add(running.get(i), end[0] - start[0]);
        }
        events.clear();
        running.clear();
    }

    void profile(boolean start) {
        on = start;
        if (start) {
            times.clear();
        }
    }

    List<OpTiming> timings() {
        return times.timings();
    }

    void close() {
        if (queue != null) {
            clReleaseCommandQueue(queue);
        }
    }
}
