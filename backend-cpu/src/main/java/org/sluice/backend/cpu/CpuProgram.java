package org.sluice.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.OpTiming;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Step;
import org.sluice.backend.cpu.exec.Executors;
import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.reference.References;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Heap;
import org.sluice.backend.cpu.runtime.RopeTable;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.backend.support.BufferPlan;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.PagePool;
import org.sluice.backend.support.PagedProgram;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.Graph;
import org.sluice.graph.IndexScores;
import org.sluice.graph.Node;
import org.sluice.graph.Rope;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** A graph bound to kernels and memory. */
final class CpuProgram extends PagedProgram {
    private final CpuDevice device;
    private final Graph graph;
    private final ProgramOptions options;
    private final MemoryPlan plan;
    private final Arena arena = Arena.ofShared();
    private final CpuPages memory;
    private final PagePool pages;
    private final BufferPlan buffers;
    private final MemorySegment workspace;
    private final StepContext context;
    private final List<RopeTable> ropes = new ArrayList<>();
    private final List<Exec> execs = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final long[] nanos;
    private long profiled;
    private boolean profiling;

    CpuProgram(
            CpuDevice device,
            Graph graph,
            ProgramOptions options,
            WorkerPool pool,
            @Nullable Kernels kernels,
            ProgressListener progress,
            @Nullable CpuProgram owner) {
        super(graph, options, device.programs(), owner);
        this.device = device;
        this.graph = graph;
        this.options = options;
        PageLayout layout = new PageLayout(graph);
        Map<Value, IndexScores> fused = kernels == null ? Map.of() : fusedScores(graph);
        buffers = BufferPlan.of(graph, options, fused.keySet());
        try {
            workspace = Heap.zeros(Math.max(64, buffers.bytes()), 64, arena);
            Binding binding = new Addresses(layout, pool.workers());
            for (int i = 0; i < graph.nodes().size(); i++) {
                Node n = graph.nodes().get(i);
                if (n.op() instanceof IndexScores
                        && fused.containsKey(n.outputs().getFirst())) {
                    continue;
                }
                execs.add(exec(n, binding, kernels, fused));
                nodes.add(n);
                progress.progress("compile", i + 1, graph.nodes().size());
            }
            long shared = execs.stream().mapToLong(Exec::sharedBytes).max().orElse(0);
            long scratch = execs.stream().mapToLong(Exec::scratchBytes).max().orElse(0);
            scratch = (scratch + 4095) & ~4095L;
            if (shared > 0) {
                long at = Heap.zeros(shared, 64, arena).address();
                execs.stream().filter(e -> e.sharedBytes() > 0).forEach(e -> e.share(at));
            }
            long[] scratches = new long[pool.workers()];
            for (int i = 0; i < scratches.length; i++) {
                scratches[i] = Heap.zeros(Math.max(64, scratch), 64, arena).address();
            }
            context = new StepContext(pool, options.maxRows(), PageLayout.SHIFT, scratches, scratch);
            long taken = buffers.bytes() + shared + scratch * pool.workers();
            plan = MemoryPlan.of(graph, options, PageLayout::rowBytes, taken);
            long pageBytes = Math.max(64, layout.bytes());
            memory = owner == null ? device.newPages(pageBytes) : owner.memory;
            pages = owner == null ? new PagePool(layout, pageBytes, device.budget(), memory) : owner.pages;
            nanos = new long[execs.size()];
            device.budget().addWorkspace(buffers.bytes());
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static Exec exec(Node n, Binding binding, @Nullable Kernels kernels, Map<Value, IndexScores> fused) {
        if (kernels == null) {
            return References.of(n, binding);
        }
        if (n.op() instanceof SelectTopK select) {
            IndexScores scores = fused.get(select.scores());
            if (scores != null) {
                return Executors.fused(scores, n, binding, kernels);
            }
        }
        return Executors.of(n, binding, kernels);
    }

    /** Values that fused operations never store. */
    static Set<Value> scoresNeverStored(Graph graph) {
        return fusedScores(graph).keySet();
    }

    /** Scores that one selection reads and nobody else. */
    private static Map<Value, IndexScores> fusedScores(Graph graph) {
        Map<Value, IndexScores> found = new HashMap<>();
        for (Node n : graph.nodes()) {
            if (n.op() instanceof IndexScores s) {
                Value v = n.outputs().getFirst();
                List<Node> readers = graph.nodes().stream()
                        .filter(m -> m.op().inputs().contains(v))
                        .toList();
                if (readers.size() == 1
                        && readers.getFirst().op() instanceof SelectTopK
                        && !graph.outputs().containsValue(v)) {
                    found.put(v, s);
                }
            }
        }
        return found;
    }

    /** Resolves what executors ask for while they are made. */
    private final class Addresses implements Binding {
        private final PageLayout layout;
        private final int workers;
        private final IdentityHashMap<Weight, Long> vectors = new IdentityHashMap<>();
        private final Map<Rope, RopeTable> tables = new HashMap<>();

        Addresses(PageLayout layout, int workers) {
            this.layout = layout;
            this.workers = workers;
        }

        @Override
        public long address(Value v) {
            return workspace.address() + buffers.offset(v);
        }

        @Override
        public long vector(Weight w) {
            return vectors.computeIfAbsent(
                    w,
                    v -> arena.allocateFrom(ValueLayout.JAVA_FLOAT, Weights.toFloats(v, 0, 0))
                            .address());
        }

        @Override
        public long stateOffset(State s) {
            return layout.offset(s);
        }

        @Override
        public int stateRowBytes(State s) {
            return PageLayout.rowBytes(s);
        }

        @Override
        public RopeTable rope(Rope rope) {
            return tables.computeIfAbsent(rope, r -> {
                RopeTable t = new RopeTable(
                        r, arena.allocate(4L * r.dims() * options.maxRows(), 64).address(), options.maxRows());
                ropes.add(t);
                return t;
            });
        }

        @Override
        public int maxRows() {
            return options.maxRows();
        }

        @Override
        public int maxContext() {
            return options.maxContext();
        }

        @Override
        public int workers() {
            return workers;
        }
    }

    @Override
    public MemoryPlan plan() {
        return plan;
    }

    @Override
    public MemorySegment input(String name) {
        return buffer(graph.inputs(), "input", name);
    }

    @Override
    public MemorySegment output(String name) {
        return buffer(graph.outputs(), "output", name);
    }

    private MemorySegment buffer(Map<String, Value> values, String what, String name) {
        Value v = values.get(name);
        if (v == null) {
            throw new InvalidRequestException(
                    "the graph has no " + what + " '" + name + "'; it has " + values.keySet());
        }
        return workspace.asSlice(buffers.offset(v), BufferPlan.size(v, options));
    }

    @Override
    protected PagePool pages() {
        return pages;
    }

    @Override
    protected CpuSequence makeSequence() {
        return new CpuSequence(this, memory);
    }

    @Override
    protected Program compileCompanion(Graph other, ProgramOptions limits) {
        return device.companion(this, other, limits);
    }

    @Override
    public void run(Step step) {
        // programs share the threads, and another's step may run for another session
        device.steps().lock();
        try {
            compute(step);
        } finally {
            device.steps().unlock();
        }
    }

    private void compute(Step step) {
        fill(step);
        // by index: an iterator would be garbage of every step
        for (int i = 0; i < ropes.size(); i++) {
            ropes.get(i).fill(context);
        }
        if (profiling) {
            runProfiled();
        } else {
            for (int i = 0; i < execs.size(); i++) {
                execs.get(i).run(context);
            }
        }
        advance(step);
    }

    /** Lays the step out for the kernels and makes room in every sequence. */
    private void fill(Step step) {
        checkSize(step);
        context.rows = step.rows();
        context.outputs = step.outputs();
        context.context = makeRoom(step);
        for (int i = 0; i < step.sequences(); i++) {
            long table = ((CpuSequence) step.sequence(i)).table();
            int first = step.firstRow(i);
            for (int r = first; r < step.firstRow(i + 1); r++) {
                context.position[r] = step.firstPosition(i) + r - first;
                context.pages[r] = table;
            }
        }
        for (int i = 0; i < step.outputs(); i++) {
            context.outputRow[i] = step.outputRow(i);
        }
    }

    private void runProfiled() {
        profiled++;
        long before = System.nanoTime();
        for (int i = 0; i < execs.size(); i++) {
            execs.get(i).run(context);
            long now = System.nanoTime();
            nanos[i] += now - before;
            before = now;
        }
    }

    @Override
    public void profile(boolean on) {
        profiling = on;
        if (on) {
            profiled = 0;
            java.util.Arrays.fill(nanos, 0);
        }
    }

    @Override
    public List<OpTiming> timings() {
        List<OpTiming> all = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            Node n = nodes.get(i);
            long bytes = n.op().constants().stream().mapToLong(Weight::bytes).sum();
            String detail = !n.op().constants().isEmpty()
                    ? n.op().constants().getFirst().name()
                    : n.op().states().isEmpty()
                            ? ""
                            : n.op().states().getFirst().name();
            all.add(new OpTiming(n.scope(), n.op().kind(), detail, profiled, nanos[i], bytes));
        }
        return all;
    }

    @Override
    protected void release() {
        device.budget().removeWorkspace(buffers.bytes());
        if (!isCompanion()) {
            pages.close();
            memory.close();
        }
        arena.close();
    }
}
