package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.jocl.cl_command_queue;
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
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.graph.Graph;

/** A graph as commands of a device. */
final class OpenClProgram extends KernelProgram<DeviceBuffer, HostPort> {
    private final OpenClDevice device;
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final List<WeightStore.Shared> weights = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final HostPort[] inputPorts;
    private final HostPort[] outputPorts;
    private final StepLayout layout;
    private final HostPort layoutPort;
    private final Profiler profiler;
    private final @Nullable Chains chains;
    private int slabsKnown;

    OpenClProgram(
            OpenClDevice device,
            Graph graph,
            ProgramOptions options,
            MemoryPlan plan,
            long pageMemory,
            ProgressListener progress,
            @Nullable OpenClProgram owner) {
        super(
                graph,
                options,
                plan,
                device.memory(),
                pageMemory,
                device.info().maxAllocation(),
                device.programs(),
                owner);
        this.device = device;
        try {
            Lowering lowering = new Lowering(graph);
            Places<DeviceBuffer> places = places(lowering);
            layout = new StepLayout(
                    arena.allocate(StepLayout.bytes(facts().ropes(), options), 64), facts().ropes(), options);
            DeviceBuffer step =
                    own(DeviceBuffer.allocate(device.context(), layout.host().byteSize(), "the facts of a step"));
            layoutPort = new HostPort(step, layout.host());
            ports(v -> new HostPort(v, places.at(v), arena.allocate(BufferPlan.size(v, options), 64)));
            inputPorts = inputs().values().toArray(HostPort[]::new);
            outputPorts = outputs().values().toArray(HostPort[]::new);
            Arguments<DeviceBuffer> arguments = new Arguments<>(device.weights(), places, step, weights);
            Binder binder =
                    new Binder(device.kernels(), arguments, device.weights().nothing());
            Grids grids = grids(device);
            List<Call> calls = Emitter.calls(lowering, layout(), facts(), grids);
            for (Call call : calls) {
                commands.add(binder.command(call));
                progress.progress("compile", commands.size(), calls.size());
            }
            chains = grids.group() == 1
                    ? new Chains(calls, commands, binder, arguments, device.memory(), options)
                    : null;
            profiler = new Profiler(device, lowering.works());
        } catch (RuntimeException | Error e) {
            free();
            throw e;
        }
    }

    /** On a processor a few groups for each core, on a GPU enough to fill it twice. */
    private static Grids grids(OpenClDevice device) {
        int group = device.kernels().group();
        boolean loops = group == 1;
        int each = device.info().processor() && loops ? 4 : 8;
        return new Grids(
                device.info().computeUnits() * each, group / device.kernels().lanes(), group, loops ? 32 : 4);
    }

    /** A place in the workspace for every value that is stored. */
    private Places<DeviceBuffer> places(Lowering lowering) {
        BufferPlan buffers = lowering.buffers(options(), device.info().alignment());
        DeviceBuffer workspace =
                own(DeviceBuffer.allocate(device.context(), buffers.bytes(), "the workspace of a step"));
        return new Places<>(
                graph(), lowering, v -> own(workspace.part(buffers.offset(v), BufferPlan.size(v, options()))));
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    @Override
    protected Program compileCompanion(Graph other, ProgramOptions limits) {
        return device.compile(other, limits, ProgressListener.NONE, this);
    }

    @Override
    public void run(Step step) {
        int context = fill(step, layout);
        if (slabsKnown < slabs().count()) {
            announceSlabs();
        }
        cl_command_queue queue = profiler.queue();
        try {
            enqueue(queue, step.rows(), step.outputs(), context);
        } catch (RuntimeException | Error e) {
            // what is under way must not meet the memory of the next step
            clFinish(queue);
            throw e;
        }
        Cl.check(clFinish(queue), "the step");
        profiler.collect();
        advance(step);
    }

    private void enqueue(cl_command_queue queue, int rows, int outs, int context) {
        layoutPort.upload(queue, layout.bytes());
        for (HostPort p : inputPorts) {
            p.upload(queue, p.bytes(rows, outs, context));
        }
        if (chains == null || profiler.on()) {
            for (int i = 0; i < commands.size(); i++) {
                Command c = commands.get(i);
                profiler.enqueued(c, c.enqueue(queue, rows, outs, context, profiler.event()));
            }
        } else {
            List<? extends Launchable> all = chains.route(rows, context);
            for (int i = 0; i < all.size(); i++) {
                all.get(i).enqueue(queue, rows, outs, context);
            }
        }
        for (HostPort p : outputPorts) {
            p.download(queue, p.bytes(rows, outs, context));
        }
    }

    /** Hands new slabs to the kernels that read or write pages. */
    private void announceSlabs() {
        int count = slabs().count();
        commands.forEach(c -> announceSlabs(c, count));
        if (chains != null) {
            chains.chains().forEach(c -> announceSlabs(c, count));
        }
        slabsKnown = count;
    }

    private void announceSlabs(Launchable c, int count) {
        for (int i = slabsKnown; i < count && c.firstSlab() >= 0; i++) {
            KernelArguments.set(c.kernel(), c.firstSlab() + i, slabs().slab(i));
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

    /** Commands a step of these rows enqueues, for tests. */
    long commands(String scope, int rows, int outs, int context) {
        return commands.stream()
                .filter(c -> c.work().nodes().getFirst().scope().equals(scope) && c.runs(rows, outs, context))
                .count();
    }

    /** All that a step of this size enqueues to compute, for tests. */
    long launches(int rows, int context) {
        List<? extends Launchable> all = chains == null ? commands : chains.route(rows, context);
        return all.stream()
                .filter(l -> !(l instanceof Command c) || c.runs(rows, 1, context))
                .count();
    }

    @Override
    protected void release() {
        profiler.close();
        releasePages();
        free();
    }

    private void free() {
        if (chains != null) {
            chains.close();
        }
        commands.forEach(Command::close);
        weights.forEach(device.weights()::release);
        for (AutoCloseable resource : owned.reversed()) {
            ((DeviceBuffer) resource).close();
        }
        arena.close();
    }
}
