package org.sluice.backend.cpu.runtime;

import org.sluice.graph.Rope;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Weight;

/** Where the things of a graph lie while a program is compiled: what an {@link Exec} resolves once and then only uses. */
public interface Binding {
    /** Address of a value's buffer; rows are contiguous. */
    long address(Value v);

    /** Address of a weight vector as F32. */
    long vector(Weight w);

    /** Offset of a state in each page. */
    long stateOffset(State s);

    /** Bytes a state keeps for one token. */
    int stateRowBytes(State s);

    /** Angles of a rotation for the rows of each step. */
    RopeTable rope(Rope rope);

    /** Rows of the largest step. */
    int maxRows();

    /** Tokens of the longest sequence. */
    int maxContext();

    /** Threads that work on an operation. */
    int workers();
}
