package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jocl.cl_command_queue;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.OpTiming;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Step;
import org.sluice.backend.support.BufferPlan;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.PagePool;
import org.sluice.backend.support.PagedProgram;
import org.sluice.backend.support.PagedSequence;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.Emitter;
import org.sluice.backend.support.kernels.GraphFacts;
import org.sluice.backend.support.kernels.Grids;
import org.sluice.backend.support.kernels.Lowering;
import org.sluice.backend.support.kernels.Slabs;
import org.sluice.backend.support.kernels.StepLayout;
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;

/** A graph as commands of a device. */
final class OpenClProgram extends PagedProgram {
    private final OpenClDevice device;
    private final Graph graph;
    private final ProgramOptions options;
    private final MemoryPlan plan;
    private final GraphFacts facts;
    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final List<WeightStore.Shared> weights = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final Map<String, HostPort> inputs = new LinkedHashMap<>();
    private final Map<String, HostPort> outputs = new LinkedHashMap<>();
    private final HostPort[] inputPorts;
    private final HostPort[] outputPorts;
    private final StepLayout layout;
    private final HostPort layoutPort;
    private final Slabs<DeviceBuffer> slabs;
    private final PagePool pages;
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
        super(graph, options, device.programs(), owner);
        this.device = device;
        this.graph = graph;
        this.options = options;
        this.plan = plan;
        facts = new GraphFacts(graph);
        PageLayout pageLayout = new PageLayout(graph);
        try {
            Lowering lowering = new Lowering(graph);
            Map<Value, DeviceBuffer> places = places(lowering);
            layout = new StepLayout(
                    arena.allocate(StepLayout.bytes(facts.ropes(), options), 64), facts.ropes(), options);
            DeviceBuffer step =
                    own(DeviceBuffer.allocate(device.context(), layout.host().byteSize(), "the facts of a step"));
            layoutPort = new HostPort(step, layout.host());
            graph.inputs().forEach((name, v) -> inputs.put(name, port(v, places)));
            graph.outputs().forEach((name, v) -> outputs.put(name, port(v, places)));
            inputPorts = inputs.values().toArray(HostPort[]::new);
            outputPorts = outputs.values().toArray(HostPort[]::new);
            Binder binder = new Binder(device.kernels(), device.weights(), places, step, weights);
            Grids grids = grids(device);
            List<Call> calls = Emitter.calls(lowering, pageLayout, facts, grids);
            for (Call call : calls) {
                commands.add(binder.command(call));
                progress.progress("compile", commands.size(), calls.size());
            }
            chains = grids.group() == 1 ? new Chains(calls, commands, binder, device.memory(), options) : null;
            profiler = new Profiler(device, lowering.works());
            if (owner == null) {
                long pageBytes = Math.max(64, pageLayout.bytes());
                slabs = new Slabs<>(
                        device.memory(),
                        pageBytes,
                        Math.max(1, pageMemory / pageBytes),
                        device.info().maxAllocation());
                pages = new PagePool(pageLayout, pageBytes, pageMemory, slabs);
            } else {
                slabs = owner.slabs;
                pages = owner.pages;
            }
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
    private Map<Value, DeviceBuffer> places(Lowering lowering) {
        BufferPlan buffers = lowering.buffers(options, device.info().alignment());
        DeviceBuffer workspace =
                own(DeviceBuffer.allocate(device.context(), buffers.bytes(), "the workspace of a step"));
        Map<Value, DeviceBuffer> places = new HashMap<>();
        List<Value> stored = new ArrayList<>(graph.inputs().values());
        lowering.works().forEach(w -> {
            stored.addAll(w.use().reads());
            stored.addAll(w.use().writes());
        });
        for (Value v : stored) {
            places.computeIfAbsent(v, k -> own(workspace.part(buffers.offset(k), BufferPlan.size(k, options))));
        }
        return places;
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.add(resource);
        return resource;
    }

    private HostPort port(Value v, Map<Value, DeviceBuffer> places) {
        DeviceBuffer b = places.get(v);
        if (b == null) {
            throw new IllegalStateException(v + " has no place");
        }
        return new HostPort(v, b, arena.allocate(BufferPlan.size(v, options), 64));
    }

    @Override
    public MemoryPlan plan() {
        return plan;
    }

    @Override
    public MemorySegment input(String name) {
        return host(inputs, "input", name);
    }

    @Override
    public MemorySegment output(String name) {
        return host(outputs, "output", name);
    }

    private static MemorySegment host(Map<String, HostPort> ports, String what, String name) {
        HostPort p = ports.get(name);
        if (p == null) {
            throw new InvalidRequestException("the graph has no " + what + " '" + name + "'; it has " + ports.keySet());
        }
        return p.host();
    }

    @Override
    protected PagePool pages() {
        return pages;
    }

    @Override
    protected PagedSequence makeSequence() {
        return new PagedSequence(this);
    }

    @Override
    protected Program compileCompanion(Graph other, ProgramOptions limits) {
        return device.compile(other, limits, ProgressListener.NONE, this);
    }

    @Override
    public void run(Step step) {
        int context = fill(step);
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

    /** Checks the step, makes room in every sequence and lays it out; returns the longest context. */
    private int fill(Step step) {
        checkSize(step);
        facts.checkTokens(step, inputs);
        int context = makeRoom(step);
        layout.begin(step.rows(), step.outputs(), context);
        for (int i = 0; i < step.outputs(); i++) {
            layout.output(i, step.outputRow(i));
        }
        for (int i = 0; i < step.sequences(); i++) {
            layout.sequence(
                    step.firstRow(i),
                    step.firstRow(i + 1),
                    step.firstPosition(i),
                    (PagedSequence) step.sequence(i),
                    slabs);
        }
        layout.angles();
        if (slabsKnown < slabs.count()) {
            announceSlabs();
        }
        return context;
    }

    /** Hands new slabs to the kernels that read or write pages. */
    private void announceSlabs() {
        int count = slabs.count();
        commands.forEach(c -> announceSlabs(c, count));
        if (chains != null) {
            chains.chains().forEach(c -> announceSlabs(c, count));
        }
        slabsKnown = count;
    }

    private void announceSlabs(Launchable c, int count) {
        for (int i = slabsKnown; i < count && c.firstSlab() >= 0; i++) {
            Arguments.set(c.kernel(), c.firstSlab() + i, slabs.slab(i));
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
        if (!isCompanion()) {
            slabs.close();
        }
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
