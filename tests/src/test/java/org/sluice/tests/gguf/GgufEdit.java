package org.sluice.tests.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.sluice.checkpoint.GgufArray;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.checkpoint.GgufValue;
import org.sluice.checkpoint.GgufWriter;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/** A GGUF file taken apart, to be changed and written again. */
final class GgufEdit {
    /** What is stored of a tensor. */
    record Stored(DType dtype, Shape shape, MemorySegment bytes) {}

    private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
    private final Map<String, Stored> tensors = new LinkedHashMap<>();

    private GgufEdit() {}

    static GgufEdit of(Path file) {
        GgufEdit edit = new GgufEdit();
        try (GgufCheckpoint in = GgufCheckpoint.open(file)) {
            in.metadata().values().forEach((key, value) -> edit.metadata.put(key, detached(value)));
            for (String name : in.tensorNames()) {
                edit.tensors.put(name, stored(in.find(name).orElseThrow()));
            }
        }
        return edit;
    }

    /** Arrays are views of the mapping. */
    private static GgufValue detached(GgufValue value) {
        if (!(value instanceof GgufValue.Array a)) {
            return value;
        }
        var e = a.elements();
        return GgufValue.of(
                switch (e.elementType()) {
                    case STRING -> GgufArray.ofTexts(e.texts());
                    case BOOL -> GgufArray.ofBools(e.bools());
                    default ->
                        GgufArray.ofInts(Arrays.stream(e.integers())
                                .mapToInt(Math::toIntExact)
                                .toArray());
                });
    }

    private static Stored stored(Weight w) {
        long bytes = w.dtype().bytes(w.elements());
        MemorySegment all = Arena.ofAuto().allocate(bytes, 64);
        long at = 0;
        for (MemorySegment slice : w.slices()) {
            MemorySegment.copy(slice, 0, all, at, slice.byteSize());
            at += slice.byteSize();
        }
        return new Stored(w.dtype(), w.shape(), all);
    }

    GgufEdit set(String key, GgufValue value) {
        metadata.put(key, value);
        return this;
    }

    GgufEdit remove(String key) {
        Objects.requireNonNull(metadata.remove(key), key);
        return this;
    }

    GgufEdit drop(String tensor) {
        Objects.requireNonNull(tensors.remove(tensor), tensor);
        return this;
    }

    GgufEdit put(String tensor, Stored stored) {
        tensors.put(tensor, stored);
        return this;
    }

    /** A tensor of zeros. */
    GgufEdit zeros(String tensor, long... extents) {
        Shape shape = Shape.of(extents);
        return put(tensor, new Stored(DType.F32, shape, Arena.ofAuto().allocate(4 * shape.elements(), 64)));
    }

    /** F32 values in a tensor of any shape. */
    GgufEdit floats(String tensor, float[] values, long... extents) {
        MemorySegment bytes = Arena.ofAuto().allocate(4L * values.length, 64);
        MemorySegment.copy(values, 0, bytes, ValueLayout.JAVA_FLOAT, 0, values.length);
        return put(tensor, new Stored(DType.F32, Shape.of(extents), bytes));
    }

    Stored get(String tensor) {
        return Objects.requireNonNull(tensors.get(tensor), tensor);
    }

    float[] floats(String tensor) {
        return get(tensor).bytes().toArray(ValueLayout.JAVA_FLOAT);
    }

    Set<String> names() {
        return tensors.keySet();
    }

    Path write(Path file) {
        return write(file, Long.MAX_VALUE).getFirst();
    }

    List<Path> write(Path file, long splitBytes) {
        GgufWriter.Builder b = GgufWriter.to(file).splitAt(splitBytes);
        metadata.forEach(b::metadata);
        tensors.forEach((name, t) -> b.tensor(name, t.dtype(), t.shape()));
        try (GgufWriter out = b.open()) {
            tensors.forEach((name, t) -> out.write(name, t.bytes()));
            out.finish();
            return out.paths();
        }
    }
}
