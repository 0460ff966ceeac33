package org.sluice.backend.cpu.reference;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.CacheRows;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.State;

/** A state as a table of numbers for each row's sequence. */
record Cache(State state, long offset, int rowBytes, MemorySegment row) {
    static Cache of(State s, Binding b) {
        return new Cache(
                s, b.stateOffset(s), b.stateRowBytes(s), Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT, s.width()));
    }

    float get(StepContext step, int r, int position, int element) {
        CacheRows.decode(state, step.cacheRow(r, position, offset, rowBytes), row.address());
        return row.getAtIndex(ValueLayout.JAVA_FLOAT, element);
    }

    /** Stores a whole row. */
    void set(StepContext step, int r, int position, double[] v) {
        for (int i = 0; i < v.length; i++) {
            row.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) v[i]);
        }
        CacheRows.encode(state, row.address(), step.cacheRow(r, position, offset, rowBytes));
    }
}
