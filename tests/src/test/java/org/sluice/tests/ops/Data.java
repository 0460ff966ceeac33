package org.sluice.tests.ops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Objects;
import org.sluice.tensor.DType;

/** The numbers of an input or output, row-major. */
sealed interface Data {
    /** F32. */
    record Floats(float[] values) implements Data {}

    /** I32. */
    record Ints(int[] values) implements Data {}

    /** Copies the first {@code n} elements out of a program's memory. */
    static Data read(MemorySegment from, DType dtype, int n) {
        if (dtype == DType.I32) {
            int[] values = new int[n];
            MemorySegment.copy(from, ValueLayout.JAVA_INT, 0, values, 0, n);
            return new Ints(values);
        }
        float[] values = new float[n];
        MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, values, 0, n);
        return new Floats(values);
    }

    /** What {@code name} holds, which must be there. */
    static Data in(Map<String, Data> all, String name) {
        return Objects.requireNonNull(all.get(name), () -> "there is no " + name);
    }

    /** Copies everything into a program's memory. */
    default void write(MemorySegment to) {
        switch (this) {
            case Floats f -> MemorySegment.copy(f.values, 0, to, ValueLayout.JAVA_FLOAT, 0, f.values.length);
            case Ints i -> MemorySegment.copy(i.values, 0, to, ValueLayout.JAVA_INT, 0, i.values.length);
        }
    }

    /** The numbers, which must be F32. */
    default float[] floats() {
        if (this instanceof Floats f) {
            return f.values;
        }
        throw new AssertionError("these are I32");
    }

    /** The numbers, which must be I32. */
    default int[] ints() {
        if (this instanceof Ints i) {
            return i.values;
        }
        throw new AssertionError("these are F32");
    }
}
