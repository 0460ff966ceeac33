package org.sluice.backend.cpu.reference;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.Value;

/** A value as a table of numbers: rows known when a step runs, a fixed width. */
record Rows(long address, long extent, int width) {
    static Rows of(Value v, Binding b) {
        return at(v, b.address(v));
    }

    static Rows at(Value v, long address) {
        return new Rows(address, v.rows(), v.width());
    }

    int count(StepContext step) {
        return step.resolve(extent);
    }

    float get(int row, int column) {
        return Mem.getFloat(address + 4L * ((long) row * width + column));
    }

    void set(int row, int column, double v) {
        Mem.putFloat(address + 4L * ((long) row * width + column), (float) v);
    }

    int getInt(int row, int column) {
        return Mem.getInt(address + 4L * ((long) row * width + column));
    }

    void setInt(int row, int column, int v) {
        Mem.putInt(address + 4L * ((long) row * width + column), v);
    }
}
