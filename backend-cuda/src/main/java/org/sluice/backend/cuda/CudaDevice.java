package org.sluice.backend.cuda;

import static jcuda.driver.CUstream_flags.CU_STREAM_NON_BLOCKING;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
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
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.Emitter;
import org.sluice.backend.support.kernels.GraphFacts;
import org.sluice.backend.support.kernels.KernelLimits;
import org.sluice.backend.support.kernels.Lowering;
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.graph.CacheType;
import org.sluice.graph.Embed;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.Graph;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.Matmul;
import org.sluice.graph.Op;
import org.sluice.tensor.Weight;

/** One GPU with its context, stream, kernels and weights. Safe for use by several threads. */
final class CudaDevice implements Device {
    /** What the driver takes for itself while kernels run, as a part of the free memory. */
    private static final int RESERVE = 32;

    private final CudaDeviceInfo info;
    private final DeviceOptions options;
    private final CudaContext context;
    private final CUstream stream;
    private final CudaMemory memory;
    private final KernelLibrary kernels;
    private final WeightStore<DeviceBuffer> weights;
    private final OpenPrograms programs = new OpenPrograms();
    private final AtomicBoolean closed = new AtomicBoolean();

    private CudaDevice(CudaDeviceInfo info, DeviceOptions options, CudaContext context) {
        this.info = info;
        this.options = options;
        this.context = context;
        stream = newStream();
        memory = new CudaMemory(context, stream);
        kernels = new KernelLibrary(context, info);
        try {
            weights = new WeightStore<>(memory);
        } catch (RuntimeException | Error e) {
            JCudaDriver.cuStreamDestroy(stream);
            throw e;
        }
    }

    static CudaDevice open(CudaDeviceInfo info, DeviceOptions options) {
        CudaContext context = CudaContext.retain(info);
        try (var _ = context.enter()) {
            return new CudaDevice(info, options, context);
        } catch (RuntimeException | Error e) {
            context.close();
            throw e;
        }
    }

    /** A stream that does not wait for the default one. */
    static CUstream newStream() {
        CUstream s = new CUstream();
        Cuda.check(JCudaDriver.cuStreamCreate(s, CU_STREAM_NON_BLOCKING), "cuStreamCreate");
        return s;
    }

    CudaDeviceInfo info() {
        return info;
    }

    /** The kernels of calls, for a program. */
    Variants variants(ProgramOptions limits) {
        return new Variants(options.exact(), info.shared(), limits);
    }

    CudaContext context() {
        return context;
    }

    /** Where steps and copies run, in order. */
    CUstream stream() {
        return stream;
    }

    CudaMemory memory() {
        return memory;
    }

    KernelLibrary kernels() {
        return kernels;
    }

    WeightStore<DeviceBuffer> weights() {
        return weights;
    }

    OpenPrograms programs() {
        return programs;
    }

    @Override
    public String selector() {
        return info.selector();
    }

    @Override
    public String description() {
        return info.description();
    }

    @Override
    public Support supports(Op op) {
        List<String> reasons = KernelLimits.reasons(op, EnumSet.allOf(CacheType.class));
        String file = switch (op) {
            case Embed e -> "embed.cl";
            case Matmul m -> "matmul.cl";
            case HeadMatmul h -> "head_matmul.cl";
            case ExpertFeedForward e -> "experts.cl";
            default -> null;
        };
        if (file != null) {
            for (Weight w : op.constants()) {
                List<String> defines =
                        w.scales() == null ? List.of("WEIGHT_" + w.dtype()) : List.of("WEIGHT_" + w.dtype(), "SCALED");
                if (w.dtype().isReal() && !KernelLibrary.has(new Call.Build(file, defines))) {
                    reasons.add(op.kind() + " with weight " + w + ": there is no kernel for " + defines);
                }
            }
        }
        return new Support(reasons);
    }

    /** A graph as kernels that no memory is bound to. */
    record Lowered(Lowering lowering, List<Call> calls) {}

    private Lowered lower(Graph graph) {
        Lowering lowering = new Lowering(graph);
        return new Lowered(
                lowering,
                Emitter.calls(lowering, new PageLayout(graph), new GraphFacts(graph), CudaProgram.grids(info)));
    }

    private MemoryPlan plan(Graph graph, Lowered lowered, ProgramOptions limits) {
        long workspace = lowered.lowering.buffers(limits, CudaProgram.ALIGNMENT).bytes()
                + variants(limits).spare(lowered.calls);
        return MemoryPlan.of(graph, limits, PageLayout::rowBytes, workspace);
    }

    @Override
    public MemoryPlan plan(Graph graph, ProgramOptions limits) {
        return plan(graph, lower(graph), limits);
    }

    @Override
    public Program compile(Graph graph, ProgramOptions limits, ProgressListener progress) {
        return compile(graph, limits, progress, null);
    }

    /** @param owner the program whose states the new one shares, or null */
    synchronized CudaProgram compile(
            Graph graph, ProgramOptions limits, ProgressListener progress, @Nullable CudaProgram owner) {
        OpenPrograms.checkSupport(this, graph);
        Lowered lowered = lower(graph);
        MemoryPlan plan = plan(graph, lowered, limits);
        long pages = owner == null ? KernelLimits.pageMemory(plan, limit(graph), info.name()) : 0;
        long[] uploaded = new long[1];
        long total = plan.denseWeights() + plan.expertWeights();
        memory.listener(n -> {
            uploaded[0] += n;
            progress.progress("upload", Math.min(total, uploaded[0]), total);
        });
        try {
            return programs.add(new CudaProgram(this, graph, lowered, limits, plan, pages, progress, owner));
        } finally {
            memory.listener(n -> {});
        }
    }

    /** Bytes a program may take: what is free now, and what its weights take already that other programs have uploaded. */
    private long limit(Graph graph) {
        Set<Weight> all = new HashSet<>();
        graph.nodes().forEach(n -> all.addAll(n.op().constants()));
        long free = memory.free();
        long available = free - free / RESERVE + weights.bytesOf(all);
        return Math.min(options.memoryLimit().orElse(Long.MAX_VALUE), available);
    }

    @Override
    public void close() {
        programs.checkNone(this);
        if (closed.getAndSet(true)) {
            return;
        }
        try (var _ = context.enter()) {
            kernels.close();
            weights.close();
            memory.close();
            JCudaDriver.cuStreamDestroy(stream);
        }
        context.close();
    }
}
