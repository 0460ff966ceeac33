package org.sluice.backend;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.sluice.error.BackendException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.Graph;

/**
 * A graph compiled for a device. One step runs at a time: whoever uses a program from several threads guards the whole of
 * filling inputs, {@link #run} and reading outputs. Sequences may be opened and closed at any time.
 */
public interface Program extends AutoCloseable {
    /** What was compiled. */
    Graph graph();

    /** The limits it was compiled for. */
    ProgramOptions options();

    /** What it takes. */
    MemoryPlan plan();

    /**
     * Host memory that feeds an input: row-major, little endian, room for the largest step. Fill the rows of the next step
     * before {@link #run}.
     *
     * @throws InvalidRequestException where the graph has no such input
     */
    MemorySegment input(String name);

    /**
     * Host memory that holds an output after {@link #run}, valid until the next one.
     *
     * @throws InvalidRequestException where the graph has no such output
     */
    MemorySegment output(String name);

    /**
     * A new, empty sequence.
     *
     * @throws MemoryLimitException where there is no memory for it
     */
    Sequence newSequence();

    /** Bytes of the pages that open sequences hold, shared ones counted once. */
    long cacheBytes();

    /** Those of {@link #cacheBytes} that did not fit into memory and lie in a file. */
    default long spilledBytes() {
        return 0;
    }

    /**
     * Another graph over the same states: what one program appends to a sequence, the other can read. A draft model needs it,
     * which fills its caches with one graph and runs ahead with another.
     *
     * @param graph its states must equal this program's, in order
     * @throws InvalidRequestException where the states differ
     */
    Program companion(Graph graph, ProgramOptions options);

    /**
     * Runs the graph once over the rows of a step and moves every sequence of the step forward by its rows. Allocates
     * nothing on the heap. If it throws, no sequence has moved.
     *
     * @throws InvalidRequestException where the step exceeds the program's limits or a token is outside the vocabulary
     * @throws MemoryLimitException where a sequence cannot grow
     * @throws BackendException where the device fails
     */
    void run(Step step);

    /** Starts or stops measuring each operation; starting forgets what was measured. */
    void profile(boolean on);

    /** What was measured since profiling was switched on, in the order of the graph. */
    List<OpTiming> timings();

    /** Frees everything. Open sequences and companions make it fail and are named. */
    @Override
    void close();
}
