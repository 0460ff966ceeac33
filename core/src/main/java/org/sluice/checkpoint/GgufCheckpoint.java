package org.sluice.checkpoint;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/**
 * A model in one GGUF file or in the shards of a split one. Safe to use from several threads.
 *
 * <p>Names are those of the file ({@code blk.0.attn_norm.weight}); shapes are row major, the reverse of ggml's order, so
 * that {@code ne = {in, out, experts}} is {@code [experts, out, in]}. Opening checks every header but creates no
 * {@link Weight}: {@link #find} does, each time it is asked. An NVFP4 tensor {@code X.weight} takes the factors of tensor
 * {@code X.scale} (or {@code X.weight.scale}), one for all or one per expert, as its scales.
 */
public final class GgufCheckpoint implements Checkpoint {
    private static final int MAX_RANK = 3;
    private static final long MAX_SLICES = 1 << 20;
    private static final String WEIGHT = ".weight";
    private static final String SCALE = ".scale";

    private final String name;
    private final List<GgufFile> files;
    private final Map<String, GgufFile> owners;
    private final Set<String> names;

    private GgufCheckpoint(String name, List<GgufFile> files, Map<String, GgufFile> owners) {
        this.name = name;
        this.files = files;
        this.owners = owners;
        Set<String> visible = new LinkedHashSet<>(owners.keySet());
        owners.keySet().forEach(n -> scaleOf(n).ifPresent(visible::remove));
        this.names = Collections.unmodifiableSet(visible);
    }

    /**
     * Opens a model.
     *
     * @param path a file, any shard of a split model, or a folder that holds one model
     * @throws CheckpointException where a file is missing or damaged, or shards contradict each other; nothing stays open
     */
    public static GgufCheckpoint open(Path path) {
        List<GgufFile> files = new ArrayList<>();
        boolean opened = false;
        try {
            Map<String, GgufFile> owners = new LinkedHashMap<>();
            for (Path p : GgufSplit.files(path)) {
                GgufFile file = GgufFile.open(p);
                files.add(file);
                for (String tensor : file.tensors().keySet()) {
                    GgufFile other = owners.put(tensor, file);
                    if (other != null) {
                        throw new CheckpointException(
                                "tensor '" + tensor + "' is in both " + other.path() + " and " + p);
                    }
                }
            }
            GgufSplit.check(files);
            GgufCheckpoint checkpoint = new GgufCheckpoint(path.toString(), List.copyOf(files), owners);
            opened = true;
            return checkpoint;
        } finally {
            if (!opened) {
                closeAll(files);
            }
        }
    }

    /** Whether the name of this file says that it is a GGUF file. */
    public static boolean isGguf(Path path) {
        return path.toString().endsWith(".gguf");
    }

    /** The metadata of the first file, which is that of the model. */
    public GgufMetadata metadata() {
        return files.getFirst().metadata();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Set<String> tensorNames() {
        return names;
    }

    /**
     * {@inheritDoc}
     *
     * @throws CheckpointException where the file was cut since it was opened, or scales do not fit
     * @throws UnsupportedException where the type of the tensor is not read or it has four extents
     */
    @Override
    public Optional<Weight> find(String tensor) {
        return names.contains(tensor)
                ? Optional.ofNullable(owners.get(tensor)).map(f -> weight(f, tensor))
                : Optional.empty();
    }

    @Override
    public long bytes() {
        return files.stream()
                .flatMap(f -> f.tensors().values().stream())
                .mapToLong(GgufTensor::bytes)
                .sum();
    }

    private Weight weight(GgufFile file, String tensor) {
        GgufTensor t = stored(file, tensor);
        MemorySegment data = file.data(t);
        DType dtype = requireNonNull(t.dtype());
        Shape shape = shape(file, t);
        long count = shape.rank() == MAX_RANK ? shape.extent(0) : 1;
        if (count > MAX_SLICES) {
            throw new UnsupportedException(
                    called(file, t) + " has " + count + " slices, at most " + MAX_SLICES + " are read");
        }
        long bytes = t.bytes() / count;
        List<MemorySegment> slices = LongStream.range(0, count)
                .mapToObj(i -> data.asSlice(i * bytes, bytes))
                .toList();
        return new Weight(tensor, dtype, shape, slices, scales(tensor, shape, (int) count));
    }

    private Shape shape(GgufFile file, GgufTensor t) {
        List<Long> ne = t.ne();
        // Writers pad with ones.
        while (ne.size() > MAX_RANK && ne.getLast() == 1) {
            ne = ne.subList(0, ne.size() - 1);
        }
        if (ne.size() > MAX_RANK) {
            throw new UnsupportedException(called(file, t) + " has " + ne.size() + " extents, at most 3 are read");
        }
        return Shape.of(ne.reversed().stream().mapToLong(Long::longValue).toArray());
    }

    private @Nullable BlockScales scales(String tensor, Shape shape, int count) {
        String name = scaleOf(tensor).orElse(null);
        GgufFile file = name == null ? null : owners.get(name);
        if (name == null || file == null) {
            return null;
        }
        GgufTensor t = stored(file, name);
        long factors = t.ne().stream().reduce(1L, Math::multiplyExact);
        if (t.dtype() != DType.F32 || (factors != 1 && factors != count)) {
            throw new CheckpointException(called(file, t) + " should hold F32 factors for '" + tensor
                    + "', one for all or one for each of " + count);
        }
        MemorySegment data = file.data(t);
        int rows = Math.toIntExact(shape.rank() == 1 ? 1 : shape.extent(shape.rank() - 2));
        List<MemorySegment> slices = LongStream.range(0, count)
                .mapToObj(i -> data.asSlice(factors == 1 ? 0 : 4 * i, 4))
                .toList();
        return new BlockScales(rows, Math.toIntExact(shape.last()), slices);
    }

    /** Name of the tensor with the factors of an NVFP4 tensor, where there is one. */
    private Optional<String> scaleOf(String tensor) {
        GgufFile file = owners.get(tensor);
        if (file == null || stored(file, tensor).dtype() != DType.NVFP4 || !tensor.endsWith(WEIGHT)) {
            return Optional.empty();
        }
        String base = tensor.substring(0, tensor.length() - WEIGHT.length());
        return Stream.of(base + SCALE, tensor + SCALE)
                .filter(owners::containsKey)
                .findFirst();
    }

    private static GgufTensor stored(GgufFile file, String tensor) {
        return requireNonNull(file.tensors().get(tensor));
    }

    private static String called(GgufFile file, GgufTensor t) {
        return file.path() + ": tensor '" + t.name() + "' (" + t + ")";
    }

    @Override
    public void close() {
        closeAll(files);
    }

    private static void closeAll(List<GgufFile> files) {
        RuntimeException first = null;
        for (GgufFile file : files) {
            try {
                file.close();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
