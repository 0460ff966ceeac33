package org.sluice.convert;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.LongStream;
import org.sluice.checkpoint.Checkpoint;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.RandomBlocks;

/**
 * Random tensors that overlap: each matrix is a part of a pattern of its type and scale, from a place that its name chooses. A
 * device with memory of its own holds all of them apart.
 */
final class PatternCheckpoint implements Checkpoint {
    /** Places for the smallest matrices to begin at. */
    private static final long LEAST_SLACK = 1 << 20;

    /** What elements of a pattern have in common. */
    private record Kind(DType dtype, double deviation) {}

    private final String name;
    private final Map<String, ModelFile.Typed> tensors = new LinkedHashMap<>();
    private final Map<Kind, Long> sizes = new HashMap<>();
    private final Map<Kind, MemorySegment> patterns = new HashMap<>();
    private final ToDoubleFunction<ModelLayout.Entry> deviation;
    private final long seed;
    private final Arena arena = Arena.ofShared();

    PatternCheckpoint(String name, ModelFile file, ToDoubleFunction<ModelLayout.Entry> deviation, long seed) {
        this.name = name;
        this.deviation = deviation;
        this.seed = seed;
        for (ModelFile.Typed t : file.tensors()) {
            tensors.put(t.entry().name(), t);
            sizes.merge(kind(t), matrixBytes(t), Math::max);
        }
    }

    private Kind kind(ModelFile.Typed t) {
        return new Kind(t.dtype(), deviation.applyAsDouble(t.entry()));
    }

    private static long matrices(ModelFile.Typed t) {
        Shape shape = t.entry().shape();
        return shape.rank() == 3 ? shape.extent(0) : 1;
    }

    private static long matrixBytes(ModelFile.Typed t) {
        return t.bytes() / matrices(t);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Set<String> tensorNames() {
        return Set.copyOf(tensors.keySet());
    }

    @Override
    public long bytes() {
        return tensors.values().stream().mapToLong(ModelFile.Typed::bytes).sum();
    }

    @Override
    public Optional<Weight> find(String tensor) {
        return Optional.ofNullable(tensors.get(tensor)).map(this::weight);
    }

    private Weight weight(ModelFile.Typed t) {
        ModelLayout.Entry e = t.entry();
        if (e.tensors() == TensorClass.NORMS) {
            MemorySegment data = arena.allocate(t.bytes(), 64)
                    .copyFrom(Synthesizer.constant(e.shape().elements(), Synthesizer.neutral(e)));
            return Weight.of(e.name(), t.dtype(), e.shape(), data);
        }
        MemorySegment pattern = pattern(kind(t));
        long bytes = matrixBytes(t);
        long block = t.dtype().blockBytes();
        long places = (pattern.byteSize() - bytes) / block + 1;
        long tensorSeed = Synthesizer.mix(seed ^ Synthesizer.mix(e.name().hashCode()));
        List<MemorySegment> slices = LongStream.range(0, matrices(t))
                .mapToObj(i -> Math.floorMod(Synthesizer.mix(tensorSeed + i), places) * block)
                .map(at -> pattern.asSlice(at, bytes))
                .toList();
        return new Weight(e.name(), t.dtype(), e.shape(), slices, null);
    }

    private synchronized MemorySegment pattern(Kind kind) {
        return patterns.computeIfAbsent(kind, k -> {
            long block = k.dtype().blockBytes();
            long largest = sizes.getOrDefault(k, 0L);
            long blocks = (largest + Math.max(LEAST_SLACK, largest / 4)) / block;
            MemorySegment data = arena.allocate(blocks * block, 64);
            RandomBlocks.of(k.dtype(), k.deviation()).fill(data, Synthesizer.mix(seed + patterns.size()));
            return data;
        });
    }

    @Override
    public void close() {
        arena.close();
    }
}
