package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.util.ArrayList;
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
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.CacheType;
import org.sluice.graph.Graph;
import org.sluice.graph.Op;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.State;
import org.sluice.tensor.Weight;

/** One OpenCL device with its context, queue, kernels and weights. Safe for use by several threads. */
final class OpenClDevice implements Device {
    /** What the routing kernel keeps of every expert in local memory bounds their number. */
    private static final int MAX_EXPERTS = 1024;

    private final ClDeviceInfo info;
    private final long memoryLimit;
    private final cl_context context;
    private final cl_command_queue queue;
    private final KernelLibrary kernels;
    private final WeightStore weights;
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
        weights = new WeightStore(context, queue);
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

    WeightStore weights() {
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
        List<String> reasons = new ArrayList<>();
        for (Weight w : op.constants()) {
            if (!w.dtype().isReal()) {
                reasons.add(op.kind() + " with integer weight " + w);
            }
            if (w.bytes() > info.maxAllocation()) {
                reasons.add(w + " takes " + MemoryPlan.human(w.bytes()) + ", the largest buffer of " + info.name()
                        + " is " + MemoryPlan.human(info.maxAllocation()));
            }
        }
        if (op instanceof RouteExperts route && route.logits().width() > MAX_EXPERTS) {
            reasons.add("RouteExperts among " + route.logits().width() + " experts, at most " + MAX_EXPERTS);
        }
        for (State state : op.states()) {
            if (state.type() != CacheType.F32) {
                reasons.add("the cache " + state.name() + " as " + state.type() + "; only F32 is written here");
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
        long pages = owner == null ? memoryFor(plan, options) : 0;
        return programs.add(new OpenClProgram(this, graph, options, plan, pages, progress, owner));
    }

    /** Bytes left for pages, or the refusal with its numbers. */
    private long memoryFor(MemoryPlan plan, ProgramOptions options) {
        long fixed = plan.denseWeights() + plan.expertWeights() + plan.workspace();
        if (fixed + plan.sequence() > memoryLimit) {
            long perToken = Math.max(1, plan.latentPerToken() + plan.indexPerToken());
            long fits = Math.max(0, memoryLimit - fixed) / perToken;
            throw new MemoryLimitException("the program needs " + MemoryPlan.human(plan.total()) + " on " + info.name()
                    + " (" + plan + "), " + MemoryPlan.human(memoryLimit) + " are free; "
                    + (fits > 0
                            ? "lower the context to " + fits
                            : "lower the rows of a step or take weights of fewer bits"));
        }
        return memoryLimit - fixed;
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
