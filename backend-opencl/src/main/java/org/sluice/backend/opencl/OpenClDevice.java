package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Support;
import org.sluice.backend.support.OpenPrograms;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.kernels.KernelLimits;
import org.sluice.backend.support.kernels.Lowering;
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.CacheType;
import org.sluice.graph.Graph;
import org.sluice.graph.Op;
import org.sluice.tensor.Weight;

/** One OpenCL device with its context, queue, kernels and weights. Safe for use by several threads. */
final class OpenClDevice implements Device {
    private final ClDeviceInfo info;
    private final long memoryLimit;
    private final cl_context context;
    private final cl_command_queue queue;
    private final KernelLibrary kernels;
    private final ClMemory memory;
    private final WeightStore<DeviceBuffer> weights;
    private final OpenPrograms programs = new OpenPrograms();
    private final AtomicBoolean closed = new AtomicBoolean();

    OpenClDevice(ClDeviceInfo info, DeviceOptions options) {
        this.info = info;
        memoryLimit = options.memoryLimit().orElse(info.memory());
        int[] status = new int[1];
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL_CONTEXT_PLATFORM, info.platform());
        context = clCreateContext(properties, 1, new cl_device_id[] {info.device()}, null, null, status);
        Cl.check(status[0], "opening " + info.name());
        queue = queue(0);
        kernels = new KernelLibrary(context, info, ProgramCache.standard());
        memory = new ClMemory(context, queue, kernels.group() == 1 ? info.alignment() : 0);
        weights = new WeightStore<>(memory);
    }

    /** An in-order queue. */
    @SuppressWarnings("deprecation") // its successor is OpenCL 2.0
    cl_command_queue queue(long properties) {
        int[] status = new int[1];
        cl_command_queue q = clCreateCommandQueue(context, info.device(), properties, status);
        Cl.check(status[0], "clCreateCommandQueue");
        return q;
    }

    ClDeviceInfo info() {
        return info;
    }

    cl_context context() {
        return context;
    }

    cl_command_queue queue() {
        return queue;
    }

    KernelLibrary kernels() {
        return kernels;
    }

    ClMemory memory() {
        return memory;
    }

    WeightStore<DeviceBuffer> weights() {
        return weights;
    }

    @Override
    public String selector() {
        return info.selector();
    }

    @Override
    public String description() {
        return info.description() + ", work groups of " + kernels.group();
    }

    @Override
    public Support supports(Op op) {
        List<String> reasons = KernelLimits.reasons(op, EnumSet.allOf(CacheType.class));
        for (Weight w : op.constants()) {
            if (w.bytes() > info.maxAllocation()) {
                reasons.add(w + " takes " + MemoryPlan.human(w.bytes()) + ", the largest buffer of " + info.name()
                        + " is " + MemoryPlan.human(info.maxAllocation()));
            }
        }
        return new Support(reasons);
    }

    @Override
    public MemoryPlan plan(Graph graph, ProgramOptions options) {
        return plan(
                graph, new Lowering(graph).buffers(options, info.alignment()).bytes(), options);
    }

    private static MemoryPlan plan(Graph graph, long workspace, ProgramOptions options) {
        return MemoryPlan.of(graph, options, PageLayout::rowBytes, workspace);
    }

    @Override
    public Program compile(Graph graph, ProgramOptions options, ProgressListener progress) {
        return compile(graph, options, progress, null);
    }

    /** @param owner the program whose states the new one shares, or null */
    OpenClProgram compile(
            Graph graph, ProgramOptions options, ProgressListener progress, @Nullable OpenClProgram owner) {
        OpenPrograms.checkSupport(this, graph);
        MemoryPlan plan = plan(graph, options);
        if (plan.workspace() > info.maxAllocation()) {
            throw new MemoryLimitException("steps of " + options.maxRows() + " rows need a workspace of "
                    + MemoryPlan.human(plan.workspace()) + ", the largest buffer of " + info.name() + " is "
                    + MemoryPlan.human(info.maxAllocation()) + "; lower the rows of a step");
        }
        long pages = owner == null ? KernelLimits.pageMemory(plan, memoryLimit, info.name()) : 0;
        return programs.add(new OpenClProgram(this, graph, options, plan, pages, progress, owner));
    }

    OpenPrograms programs() {
        return programs;
    }

    @Override
    public void close() {
        programs.checkNone(this);
        if (closed.getAndSet(true)) {
            return;
        }
        kernels.close();
        weights.close();
        clReleaseCommandQueue(queue);
        clReleaseContext(context);
    }
}
