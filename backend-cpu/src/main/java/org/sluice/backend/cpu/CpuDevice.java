package org.sluice.backend.cpu;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Device;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Support;
import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.LargePages;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.backend.support.BufferPlan;
import org.sluice.backend.support.MemoryBudget;
import org.sluice.backend.support.OpenPrograms;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.SpillFile;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.Graph;
import org.sluice.graph.Op;

/** The processors of this machine with one kernel set and one team of threads. Safe for use by several threads. */
final class CpuDevice implements Device {
    private final String selector;
    private final String description;
    private final @Nullable Kernels kernels;
    private final MemoryBudget budget;
    private final @Nullable Path spill;
    private final ReentrantLock steps = new ReentrantLock();
    private final WorkerPool pool;
    private final OpenPrograms programs = new OpenPrograms();

    /**
     * A device.
     *
     * @param kernels the kernel set, or null for the reference
     * @param memoryLimit bytes that programs may take together
     * @param spill directory for caches beyond that, or null
     */
    CpuDevice(
            String selector,
            String description,
            @Nullable Kernels kernels,
            int threads,
            long memoryLimit,
            @Nullable Path spill) {
        this.selector = selector;
        this.description = description;
        this.kernels = kernels;
        budget = new MemoryBudget(memoryLimit);
        this.spill = spill;
        if (spill != null) {
            SpillFile.check(spill);
        }
        pool = new WorkerPool(threads);
    }

    @Override
    public String selector() {
        return selector;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Support supports(Op op) {
        return op.constants().stream().allMatch(w -> w.dtype().isReal())
                ? Support.yes()
                : Support.no(op.kind() + " with integer weights " + op.constants());
    }

    @Override
    public MemoryPlan plan(Graph graph, ProgramOptions options) {
        // scores that a selection reads are never stored by the fast kernels
        Set<org.sluice.graph.Value> scores = kernels == null ? Set.of() : CpuProgram.scoresNeverStored(graph);
        long workspace = BufferPlan.of(graph, options, scores).bytes();
        return MemoryPlan.of(graph, options, PageLayout::rowBytes, workspace);
    }

    @Override
    public Program compile(Graph graph, ProgramOptions options, ProgressListener progress) {
        OpenPrograms.checkSupport(this, graph);
        MemoryPlan plan = plan(graph, options);
        long free = budget.forPages();
        long needed = plan.workspace() + (spill == null ? plan.sequence() : 0);
        if (needed > free) {
            long perToken = Math.max(1, plan.latentPerToken() + plan.indexPerToken());
            long fits = spill == null ? Math.max(0, free - plan.workspace()) / perToken : 0;
            throw new MemoryLimitException("a context of " + options.maxContext() + " tokens needs "
                    + MemoryPlan.human(plan.sequence()) + " of KV cache and " + MemoryPlan.human(plan.workspace())
                    + " of workspace, " + MemoryPlan.human(free) + " are free; "
                    + (fits > 0
                            ? "lower the context to " + fits + " or name a directory to spill to"
                            : "lower the rows of a step"));
        }
        LargePages.ask(graph.weights());
        return programs.add(new CpuProgram(this, graph, options, pool, kernels, progress, null));
    }

    /** Where the pages of a program lie. */
    CpuPages newPages(long pageBytes) {
        return new CpuPages(pageBytes, spill == null ? null : new SpillFile(spill, pageBytes));
    }

    /** What programs may take. */
    MemoryBudget budget() {
        return budget;
    }

    /** Whoever holds it may use the threads. */
    ReentrantLock steps() {
        return steps;
    }

    /** A program over the states of another one. */
    Program companion(CpuProgram owner, Graph graph, ProgramOptions options) {
        return programs.add(new CpuProgram(this, graph, options, pool, kernels, ProgressListener.NONE, owner));
    }

    OpenPrograms programs() {
        return programs;
    }

    @Override
    public void close() {
        programs.checkNone(this);
        pool.close();
    }
}
