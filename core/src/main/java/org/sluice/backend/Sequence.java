package org.sluice.backend;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.State;

/**
 * The states of one sequence of tokens, in pages: growing copies nothing. Not safe for use by several threads; must not be
 * touched while a step with it runs.
 */
public interface Sequence extends AutoCloseable {
    /** Tokens it holds. */
    int length();

    /**
     * Forgets everything from position {@code length} on. The rows before it stay as they are, exactly.
     *
     * @throws InvalidRequestException where {@code length} is negative or larger than {@link #length()}
     */
    void truncate(int length);

    /**
     * Makes room so that the next {@code tokens} rows need no memory.
     *
     * @throws InvalidRequestException where that exceeds the program's context
     * @throws MemoryLimitException where there is no memory
     */
    void reserve(int tokens);

    /**
     * A new sequence that starts with the first {@code length} tokens of this one. Full pages are shared, never copied;
     * either may be closed first.
     *
     * @throws InvalidRequestException where {@code length} is negative or larger than {@link #length()}
     */
    Sequence fork(int length);

    /** What it keeps of every token, in the order of its program's graph. */
    List<State> states();

    /** Bytes of one token's row of a state, as this device keeps it. */
    int rowBytes(State state);

    /**
     * Copies rows out.
     *
     * @param from first token
     * @param count tokens, all of which it holds
     * @param to receives the rows, one after the other
     */
    void copyOut(State state, int from, int count, MemorySegment to);

    /**
     * Appends tokens whose rows are known.
     *
     * @param count tokens
     * @param rows for each of {@link #states} the rows that {@link #copyOut} gave, one after the other
     * @throws InvalidRequestException where that exceeds the program's context
     * @throws MemoryLimitException where there is no memory
     */
    void append(int count, List<MemorySegment> rows);

    /** Bytes of the pages it holds, shared ones included. */
    long bytes();

    /** Gives its pages back. Closing twice does nothing. */
    @Override
    void close();
}
