package org.sluice.backend.cuda;

import static jcuda.driver.CUevent_flags.CU_EVENT_BLOCKING_SYNC;
import static jcuda.driver.CUevent_flags.CU_EVENT_DISABLE_TIMING;
import static jcuda.driver.CUresult.CUDA_SUCCESS;

import java.lang.foreign.Arena;
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
import org.sluice.backend.support.kernels.Emitter;
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
 * rows launches its kernels one by one.
 */
final class CudaProgram extends KernelProgram<DeviceBuffer, HostPort> {
    static final int ALIGNMENT = 256;

    private final CudaDevice device;
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final List<WeightStore.Shared> weights = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
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
            ProgramOptions options,
            MemoryPlan plan,
            long pageMemory,
            ProgressListener progress,
            @Nullable CudaProgram owner) {
        super(graph, options, plan, device.memory(), pageMemory, Long.MAX_VALUE, device.programs(), owner);
        this.device = device;
        try (var _ = device.context().enter()) {
            Lowering lowering = new Lowering(graph);
            Places<DeviceBuffer> places = places(lowering);
            long factBytes = StepLayout.bytes(facts().ropes(), options);
            layoutPort = port(own(DeviceBuffer.allocate(factBytes, "the facts of a step")), factBytes, Shape.of(1));
            layout = new StepLayout(layoutPort.host(), facts().ropes(), options);
            ports(v -> port(places.at(v), BufferPlan.size(v, options), v.spec().shape()));
            inputPorts = inputs().values().toArray(HostPort[]::new);
            outputPorts = outputs().values().toArray(HostPort[]::new);
            List<Call> calls = Emitter.calls(lowering, layout(), facts(), grids(device.info()));
            Variants variants = device.variants(options);
            Binder binder = new Binder(
                    device.kernels(),
                    new Arguments<>(device.weights(), places, layoutPort.device(), weights),
                    device.weights().nothing(),
                    options,
                    variants,
                    own(DeviceBuffer.allocate(variants.spare(calls), "what lies between kernels")),
                    arena);
            int bound = 0;
            for (Call call : calls) {
                commands.addAll(binder.commands(call));
                progress.progress("compile", ++bound, calls.size());
            }
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
            profiler.launch(commands, stream, rows, outs, context);
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
        for (Command c : commands) {
            for (int i = slabsKnown; i < count && c.knowsPages(); i++) {
                c.slab(i, slabs().slab(i));
            }
        }
        captured.forget();
        slabsKnown = count;
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
