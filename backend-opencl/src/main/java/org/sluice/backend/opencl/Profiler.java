package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Collectors;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_event;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.OpTiming;
import org.sluice.graph.Node;
import org.sluice.tensor.Weight;

/** Times commands with events, on a queue of its own, as events cost time themselves. Not safe for use by several threads. */
final class Profiler {
    private static final class Sum {
        private long nanos;
    }

    private final OpenClDevice device;
    private final List<Work> works;
    private final IdentityHashMap<Work, Sum> sums = new IdentityHashMap<>();
    private final List<Work> running = new ArrayList<>();
    private final List<cl_event> events = new ArrayList<>();
    private @Nullable cl_command_queue queue;
    private @Nullable cl_event pending;
    private long steps;
    private boolean on;

    Profiler(OpenClDevice device, List<Work> works) {
        this.device = device;
        this.works = works;
        works.forEach(w -> sums.put(w, new Sum()));
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
        steps++;
        long[] start = new long[1];
        long[] end = new long[1];
        for (int i = 0; i < events.size(); i++) {
            cl_event e = events.get(i);
            clGetEventProfilingInfo(e, CL_PROFILING_COMMAND_START, Sizeof.cl_ulong, Pointer.to(start), null);
            clGetEventProfilingInfo(e, CL_PROFILING_COMMAND_END, Sizeof.cl_ulong, Pointer.to(end), null);
            clReleaseEvent(e);
            Sum sum = sums.get(running.get(i));
            if (sum != null) {
                sum.nanos += end[0] - start[0];
            }
        }
        events.clear();
        running.clear();
    }

    void profile(boolean start) {
        on = start;
        if (start) {
            steps = 0;
            sums.values().forEach(s -> s.nanos = 0);
        }
    }

    /** One line for each piece of work, which may be several operations. */
    List<OpTiming> timings() {
        List<OpTiming> all = new ArrayList<>();
        for (Work w : works) {
            Node n = w.nodes().getFirst();
            String kinds = w.nodes().stream().map(m -> m.op().kind()).collect(Collectors.joining("+"));
            List<Weight> weights =
                    w.nodes().stream().flatMap(m -> m.op().constants().stream()).toList();
            String detail = !weights.isEmpty()
                    ? weights.getFirst().name()
                    : n.op().states().isEmpty()
                            ? ""
                            : n.op().states().getFirst().name();
            Sum sum = sums.get(w);
            all.add(new OpTiming(
                    n.scope(),
                    kinds,
                    detail,
                    steps,
                    sum == null ? 0 : sum.nanos,
                    weights.stream().mapToLong(Weight::bytes).sum()));
        }
        return all;
    }

    void close() {
        if (queue != null) {
            clReleaseCommandQueue(queue);
        }
    }
}
