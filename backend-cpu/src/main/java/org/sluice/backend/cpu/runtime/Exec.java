package org.sluice.backend.cpu.runtime;

/** An operation of a compiled program, ready to run: addresses resolved, kernel chosen. */
public interface Exec {
    /** Runs it over the rows of the step. */
    void run(StepContext step);

    /** Scratch bytes that each worker needs for it. */
    default long scratchBytes() {
        return 0;
    }

    /** Bytes it wants beside the values of the graph, shared by all workers and undefined between operations. */
    default long sharedBytes() {
        return 0;
    }

    /** Tells it where its shared bytes are; called once, before the first run, where it wants some. */
    default void share(long address) {}
}
