package org.sluice.backend;

import org.sluice.error.MemoryLimitException;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.Graph;
import org.sluice.graph.Op;

/**
 * A device that is open. Safe for use by several threads. Closing it while a program of it is open fails and names the
 * program.
 */
public interface Device extends AutoCloseable {
    /** Selector, with everything filled in that the backend chose. */
    String selector();

    /** One line that tells what was chosen and why it is not the faster alternative. */
    String description();

    /** Whether an operation with these shapes and types can run here. */
    Support supports(Op op);

    /** What a program would take, without building it. */
    MemoryPlan plan(Graph graph, ProgramOptions options);

    /**
     * Turns a graph into a program: chooses kernels, plans buffers, moves weights. The weights of the graph must stay valid
     * until the program is closed.
     *
     * @throws UnsupportedException where an operation cannot run, with all reasons
     * @throws MemoryLimitException where the program does not fit, with numbers and remedy
     */
    Program compile(Graph graph, ProgramOptions options, ProgressListener progress);

    /** {@link #compile(Graph, ProgramOptions, ProgressListener)} without reports. */
    default Program compile(Graph graph, ProgramOptions options) {
        return compile(graph, options, ProgressListener.NONE);
    }

    @Override
    void close();
}
