package org.sluice.backend.support;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Step;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.Graph;

/**
 * What programs have in common whatever computes their steps: their sequences and companions, and what a step must be. Steps
 * run one at a time; sequences may come and go from any thread.
 */
public abstract class PagedProgram implements Program {
    private final Graph graph;
    private final ProgramOptions options;
    private final OpenPrograms siblings;
    private final @Nullable PagedProgram owner;
    private final boolean appends;
    private final Set<PagedSequence> open = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * A program that is not open yet.
     *
     * @param siblings where the device keeps the programs it has opened
     * @param owner the program whose states it shares, or null
     */
    protected PagedProgram(Graph graph, ProgramOptions options, OpenPrograms siblings, @Nullable PagedProgram owner) {
        this.graph = graph;
        this.options = options;
        this.siblings = siblings;
        this.owner = owner;
        appends = graph.nodes().stream()
                .anyMatch(n -> n.op() instanceof AppendLatent || n.op() instanceof AppendIndexKey);
    }

    /** Where its sequences' pages come from; a companion's are its owner's. */
    protected abstract PagePool pages();

    /** A sequence as its kernels want it. */
    protected abstract PagedSequence makeSequence();

    /** Another graph over the same states, with limits that go with this program's. */
    protected abstract Program compileCompanion(Graph other, ProgramOptions limits);

    /** Frees what it holds, its owner's pages apart. */
    protected abstract void release();

    @Override
    public final Graph graph() {
        return graph;
    }

    @Override
    public final ProgramOptions options() {
        return options;
    }

    @Override
    public final long cacheBytes() {
        return pages().usedBytes();
    }

    @Override
    public final long spilledBytes() {
        return pages().spilledBytes();
    }

    /** Whether its states are another program's. */
    protected final boolean isCompanion() {
        return owner != null;
    }

    @SuppressWarnings("ReferenceEquality") // a program is an identity
    final boolean isCompanionOf(PagedProgram other) {
        return owner == other;
    }

    @Override
    public final PagedSequence newSequence() {
        PagedSequence s = makeSequence();
        synchronized (open) {
            open.add(s);
        }
        return s;
    }

    final void forget(PagedSequence s) {
        synchronized (open) {
            open.remove(s);
        }
    }

    @Override
    public final Program companion(Graph other, ProgramOptions limits) {
        if (!other.states().equals(graph.states())) {
            throw new InvalidRequestException(
                    "a companion must keep the states " + graph.states() + ", not " + other.states());
        }
        if (limits.maxContext() != options.maxContext()) {
            throw new InvalidRequestException("a companion must have the context of " + options.maxContext()
                    + " tokens, not " + limits.maxContext());
        }
        return compileCompanion(other, limits);
    }

    /** Throws where a step is larger than the program. */
    protected final void checkSize(Step step) {
        if (step.rows() < 1 || step.rows() > options.maxRows() || step.outputs() > options.maxOutputs()) {
            throw new InvalidRequestException("a step of " + step.rows() + " rows and " + step.outputs()
                    + " outputs does not fit a program for " + options.maxRows() + " and " + options.maxOutputs());
        }
    }

    /** Makes room for a step's rows in its sequences, which must be this program's; returns the longest context of a row. */
    protected final int makeRoom(Step step) {
        int context = 0;
        for (int i = 0; i < step.sequences(); i++) {
            if (!(step.sequence(i) instanceof PagedSequence s) || s.pool() != pages()) {
                throw new InvalidRequestException("a sequence of the step belongs to another program");
            }
            if (step.appends(i)) {
                int rows = step.firstRow(i + 1) - step.firstRow(i);
                s.reserve(rows);
                context = Math.max(context, s.length() + rows);
            } else if (appends) {
                throw new InvalidRequestException("this program appends its rows; they cannot be detached");
            } else {
                s.checkOpen();
                context = Math.max(context, s.length());
            }
        }
        return context;
    }

    /** Moves the sequences of a step that was computed. */
    protected static void advance(Step step) {
        for (int i = 0; i < step.sequences(); i++) {
            if (step.appends(i)) {
                ((PagedSequence) step.sequence(i)).advance(step.firstRow(i + 1) - step.firstRow(i));
            }
        }
    }

    @Override
    public final void close() {
        siblings.checkNoCompanions(this);
        synchronized (open) {
            if (!open.isEmpty()) {
                throw new InvalidRequestException(
                        "the program still has " + open.size() + " open sequences: " + open + "; close them first");
            }
        }
        if (siblings.forget(this)) {
            release();
        }
    }

    @Override
    public final String toString() {
        return "program of " + graph.nodes().size() + " operations";
    }
}
