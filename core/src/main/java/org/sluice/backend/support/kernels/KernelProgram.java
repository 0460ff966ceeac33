package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Step;
import org.sluice.backend.support.OpenPrograms;
import org.sluice.backend.support.PageLayout;
import org.sluice.backend.support.PagePool;
import org.sluice.backend.support.PagedProgram;
import org.sluice.backend.support.PagedSequence;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;

/**
 * A program of kernels on a device with memory of its own, but for how they are launched: its pages, the host's side of its
 * inputs and outputs, and what kernels are told of a step.
 *
 * @param <B> a piece of the device's memory
 * @param <P> the host's side of an input or output
 */
public abstract class KernelProgram<B, P extends HostMemory> extends PagedProgram {
    private static final long SMALLEST_PAGE = 64;

    private final MemoryPlan plan;
    private final GraphFacts facts;
    private final PageLayout layout;
    private final Slabs<B> slabs;
    private final PagePool pages;
    private final Map<String, P> inputs = new LinkedHashMap<>();
    private final Map<String, P> outputs = new LinkedHashMap<>();

    /**
     * A program without inputs and outputs yet.
     *
     * @param pageMemory bytes for pages; does not count for a companion
     * @param maxAllocation bytes of the largest piece of memory
     * @param owner the program whose states it shares, or null
     */
    protected KernelProgram(
            Graph graph,
            ProgramOptions options,
            MemoryPlan plan,
            DeviceMemory<B> memory,
            long pageMemory,
            long maxAllocation,
            OpenPrograms siblings,
            @Nullable KernelProgram<B, P> owner) {
        super(graph, options, siblings, owner);
        this.plan = plan;
        facts = new GraphFacts(graph);
        layout = new PageLayout(graph);
        if (owner == null) {
            long pageBytes = Math.max(SMALLEST_PAGE, layout.bytes());
            slabs = new Slabs<>(memory, pageBytes, Math.max(1, pageMemory / pageBytes), maxAllocation);
            pages = new PagePool(layout, pageBytes, pageMemory, slabs);
        } else {
            slabs = owner.slabs;
            pages = owner.pages;
        }
    }

    /** Makes the host's side of all inputs and outputs. */
    protected final void ports(Function<Value, P> port) {
        graph().inputs().forEach((name, v) -> inputs.put(name, port.apply(v)));
        graph().outputs().forEach((name, v) -> outputs.put(name, port.apply(v)));
    }

    /** The inputs, in the order of the graph. */
    protected final Map<String, P> inputs() {
        return inputs;
    }

    /** The outputs, in the order of the graph. */
    protected final Map<String, P> outputs() {
        return outputs;
    }

    /** What it knows of its graph. */
    protected final GraphFacts facts() {
        return facts;
    }

    /** Where states lie in a page. */
    protected final PageLayout layout() {
        return layout;
    }

    /** Where the pages lie; a companion's are its owner's. */
    protected final Slabs<B> slabs() {
        return slabs;
    }

    @Override
    public final MemoryPlan plan() {
        return plan;
    }

    @Override
    public final MemorySegment input(String name) {
        return host(inputs, "input", name);
    }

    @Override
    public final MemorySegment output(String name) {
        return host(outputs, "output", name);
    }

    private static MemorySegment host(Map<String, ? extends HostMemory> ports, String what, String name) {
        HostMemory p = ports.get(name);
        if (p == null) {
            throw new InvalidRequestException("the graph has no " + what + " '" + name + "'; it has " + ports.keySet());
        }
        return p.host();
    }

    @Override
    protected final PagePool pages() {
        return pages;
    }

    @Override
    protected final PagedSequence makeSequence() {
        return new PagedSequence(this);
    }

    /** Checks the step, makes room in every sequence and lays it out; returns the longest context. */
    protected final int fill(Step step, StepLayout to) {
        checkSize(step);
        facts.checkTokens(step, inputs);
        int context = makeRoom(step);
        to.begin(step.rows(), step.outputs(), context);
        for (int i = 0; i < step.outputs(); i++) {
            to.output(i, step.outputRow(i));
        }
        for (int i = 0; i < step.sequences(); i++) {
            to.sequence(
                    step.firstRow(i),
                    step.firstRow(i + 1),
                    step.firstPosition(i),
                    (PagedSequence) step.sequence(i),
                    slabs);
        }
        to.angles();
        return context;
    }

    /** Frees the pages, unless they are another program's. */
    protected final void releasePages() {
        if (!isCompanion()) {
            slabs.close();
        }
    }
}
