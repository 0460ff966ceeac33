package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.State;

/** A state as a table of numbers for each row's sequence. */
record Cache(long offset, int rowBytes) {
    static Cache of(State s, Binding b) {
        return new Cache(b.stateOffset(s), b.stateRowBytes(s));
    }

    float get(StepContext step, int row, int position, int element) {
        return Mem.getFloat(step.cacheRow(row, position, offset, rowBytes) + 4L * element);
    }

    void set(StepContext step, int row, int position, int element, double v) {
        Mem.putFloat(step.cacheRow(row, position, offset, rowBytes) + 4L * element, (float) v);
    }
}
