package org.sluice.backend.cuda;

import static jcuda.driver.CUevent_flags.CU_EVENT_BLOCKING_SYNC;
import static jcuda.driver.CUevent_flags.CU_EVENT_DISABLE_TIMING;
import static jcuda.driver.CUresult.CUDA_SUCCESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.OpTiming;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Step;
import org.sluice.backend.support.BufferPlan;
import org.sluice.backend.support.kernels.Arguments;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.Grids;
import org.sluice.backend.support.kernels.KernelProgram;
import org.sluice.backend.support.kernels.Lowering;
import org.sluice.backend.support.kernels.Places;
import org.sluice.backend.support.kernels.StepLayout;
import org.sluice.backend.support.kernels.TransferSize;
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.graph.Graph;
import org.sluice.tensor.Shape;

/**
 * A graph as kernels of a GPU. A step of few rows is one graph launch between the copies of its inputs and outputs; one of many
 * rows launches its kernels one by one. What is timed runs as one kernel an operation, or several.
 */
final class CudaProgram extends KernelProgram<DeviceBuffer, HostPort> {
    static final int ALIGNMENT = 256;

    private final CudaDevice device;
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final List<WeightStore.Shared> weights = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final List<Command> timed = new ArrayList<>();
    private final Tails tails;
    private final HostPort[] inputPorts;
    private final HostPort[] outputPorts;
    private final StepLayout layout;
    private final HostPort layoutPort;
    private final CapturedSteps captured;
    private final Profiler profiler;
    private final CUevent done = new CUevent();
    private int slabsKnown;

    CudaProgram(
            CudaDevice device,
            Graph graph,
            CudaDevice.Lowered lowered,
            ProgramOptions options,
            MemoryPlan plan,
            long pageMemory,
            ProgressListener progress,
            @Nullable CudaProgram owner) {
        super(graph, options, plan, device.memory(), pageMemory, Long.MAX_VALUE, device.programs(), owner);
        this.device = device;
        try (var _ = device.context().enter()) {
            Lowering lowering = lowered.lowering();
            Places<DeviceBuffer> places = places(lowering);
            long factBytes = StepLayout.bytes(facts().ropes(), options);
            layoutPort = port(own(DeviceBuffer.allocate(factBytes, "the facts of a step")), factBytes, Shape.of(1));
            layout = new StepLayout(layoutPort.host(), facts().ropes(), options);
            ports(v -> port(places.at(v), BufferPlan.size(v, options), v.spec().shape()));
            inputPorts = inputs().values().toArray(HostPort[]::new);
            outputPorts = outputs().values().toArray(HostPort[]::new);
            List<Call> calls = lowered.calls();
            Variants variants = device.variants(options);
            Arguments<DeviceBuffer> arguments = new Arguments<>(device.weights(), places, layoutPort.device(), weights);
            Binder binder = new Binder(
                    device.kernels(),
                    arguments,
                    device.weights().nothing(),
                    options,
                    variants,
                    between(variants, calls),
                    arena);
            tails = own(new Tails(
                    calls,
                    variants.exact(),
                    arguments,
                    device.memory(),
                    device.weights().nothing()));
            bind(binder, calls.size(), progress);
            device.memory().await();
            captured = own(new CapturedSteps(commands, buckets(), CudaDevice.newStream()));
            profiler = own(new Profiler(lowering.works()));
            Cuda.check(
                    JCudaDriver.cuEventCreate(done, CU_EVENT_DISABLE_TIMING | CU_EVENT_BLOCKING_SYNC), "cuEventCreate");
            owned.add(() -> JCudaDriver.cuEventDestroy(done));
        } catch (RuntimeException | Error e) {
            free();
            throw e;
        }
    }

    private Between between(Variants variants, List<Call> calls) {
        DeviceBuffer spare = own(DeviceBuffer.allocate(variants.spare(calls), "what lies between kernels"));
        DeviceBuffer arrived = own(DeviceBuffer.allocate(4L * variants.counters(calls), "counters of blocks"));
        device.memory().write(arrived, 0, MemorySegment.ofArray(new int[variants.counters(calls)]));
        return new Between(spare.address(), arrived.address());
    }

    private void bind(Binder binder, int calls, ProgressListener progress) {
        int bound = 0;
        for (Tails.Group group : tails.groups()) {
            List<Command> alone = new ArrayList<>();
            group.calls().forEach(c -> alone.addAll(binder.commands(c)));
            group.rows().forEach(c -> alone.addAll(binder.commands(c)));
            timed.addAll(alone);
            commands.addAll(group.rows().isEmpty() ? alone : binder.commands(tails, group));
            bound += group.calls().size() + group.rows().size();
            progress.progress("compile", bound, calls);
        }
    }

    /** Enough groups to fill every multiprocessor: eight of 256 threads are what one holds. */
    static Grids grids(CudaDeviceInfo info) {
        return new Grids(info.multiprocessors() * 8, KernelChoice.GROUP / KernelChoice.LANES, KernelChoice.GROUP);
    }

    private Buckets buckets() {
        return new Buckets(
                options(),
                commands.stream().map(c -> c.call().launch().skipUpTo()).toList());
    }

    /** A place in the workspace for every value that is stored. */
    private Places<DeviceBuffer> places(Lowering lowering) {
        BufferPlan buffers = lowering.buffers(options(), ALIGNMENT);
        DeviceBuffer workspace = own(DeviceBuffer.allocate(buffers.bytes(), "the workspace of a step"));
        return new Places<>(graph(), lowering, v -> workspace.part(buffers.offset(v), BufferPlan.size(v, options())));
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    private HostPort port(DeviceBuffer b, long bytes, Shape shape) {
        PinnedBuffer host = own(PinnedBuffer.allocate(bytes, "inputs and outputs"));
        host.memory().fill((byte) 0);
        return new HostPort(b, host, TransferSize.of(shape));
    }

    @Override
    protected Program compileCompanion(Graph other, ProgramOptions limits) {
        return device.compile(other, limits, ProgressListener.NONE, this);
    }

    @Override
    public void run(Step step) {
        int context = fill(step, layout);
        try (var _ = device.context().enter()) {
            announceSlabs();
            CUstream stream = device.stream();
            try {
                enqueue(stream, step.rows(), step.outputs(), context);
            } catch (RuntimeException | Error e) {
                // what is under way must not meet the memory of the next step
                JCudaDriver.cuStreamSynchronize(stream);
                throw e;
            }
            // an event that blocks: a thread that spins would take the processor from those who prepare the next step
            Cuda.check(JCudaDriver.cuEventRecord(done, stream), "cuEventRecord");
            int result = JCudaDriver.cuEventSynchronize(done);
            if (result != CUDA_SUCCESS) {
                Cuda.check(result, "the step");
            }
            profiler.collect();
        }
        advance(step);
    }

    private void enqueue(CUstream stream, int rows, int outs, int context) {
        layoutPort.upload(stream, layout.bytes());
        for (HostPort p : inputPorts) {
            p.upload(stream, p.bytes(rows, outs, context));
        }
        if (profiler.isOn()) {
            profiler.launch(timed, stream, rows, outs, context);
        } else if (captured.takes(rows)) {
            captured.launch(stream, rows, outs, context);
        } else {
            for (int i = 0; i < commands.size(); i++) {
                commands.get(i).enqueue(stream, rows, outs, context);
            }
        }
        for (HostPort p : outputPorts) {
            p.download(stream, p.bytes(rows, outs, context));
        }
    }

    /** Hands new slabs to the kernels that read or write pages; graphs hold the old ones. */
    private void announceSlabs() {
        int count = slabs().count();
        if (slabsKnown == count) {
            return;
        }
        for (int i = slabsKnown; i < count; i++) {
            DeviceBuffer slab = slabs().slab(i);
            tails.slab(i, slab);
            tell(commands, i, slab);
            tell(timed, i, slab);
        }
        captured.forget();
        slabsKnown = count;
    }

    private static void tell(List<Command> all, int index, DeviceBuffer slab) {
        for (Command c : all) {
            if (c.knowsPages()) {
                c.slab(index, slab);
            }
        }
    }

    @Override
    public void profile(boolean on) {
        profiler.profile(on);
    }

    @Override
    public List<OpTiming> timings() {
        return profiler.timings();
    }

    @Override
    protected void release() {
        releasePages();
        free();
    }

    private void free() {
        try (var _ = device.context().enter()) {
            for (AutoCloseable resource : owned.reversed()) {
                try {
                    resource.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e); // none of them declares one
                }
            }
            weights.forEach(device.weights()::release);
        }
        arena.close();
    }
}
