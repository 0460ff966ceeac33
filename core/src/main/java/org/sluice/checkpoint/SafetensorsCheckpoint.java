package org.sluice.checkpoint;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
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
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;

/**
 * A Hugging Face checkpoint in safetensors files. Safe to use from several threads.
 *
 * <p>Opening checks every header but creates no {@link Weight}: {@link #find} does, each time it is asked. A tensor
 * {@code X} of type {@code F8_E4M3} takes its scales from the tensor {@code X_scale_inv}, which is then no tensor of its own.
 */
public final class SafetensorsCheckpoint implements Checkpoint {
    /** Rows and columns a scale covers where nothing else is said; the block size of DeepSeek's and GLM's FP8 files. */
    public static final int DEFAULT_BLOCK = 128;

    private static final String SINGLE_FILE = "model.safetensors";
    private static final int MAX_RANK = 3;
    private static final long MAX_SLICES = 1 << 20;

    private final Path path;
    private final List<SafetensorsFile> files;
    private final Map<String, SafetensorsFile> owners;
    private final Set<String> names;
    private final long bytes;
    private final SafetensorsScales scales;

    private SafetensorsCheckpoint(
            Path path, List<SafetensorsFile> files, Map<String, SafetensorsFile> owners, SafetensorsScales scales) {
        this.path = path;
        this.files = files;
        this.owners = owners;
        this.scales = scales;
        Set<String> visible = new LinkedHashSet<>(owners.keySet());
        visible.removeIf(this::isCompanion);
        this.names = Collections.unmodifiableSet(visible);
        this.bytes = files.stream()
                .flatMap(f -> f.tensors().values().stream())
                .mapToLong(SafetensorsTensor::bytes)
                .sum();
    }

    /** Opens a checkpoint whose FP8 scales, if it has any, cover blocks of 128×128. */
    public static SafetensorsCheckpoint open(Path path) {
        return open(path, DEFAULT_BLOCK, DEFAULT_BLOCK);
    }

    /**
     * Opens a checkpoint.
     *
     * @param path a folder with {@code model.safetensors} or else {@code model.safetensors.index.json} and its shards; an
     *     index file; or a single safetensors file
     * @param blockRows rows an FP8 scale covers: {@code quantization_config.weight_block_size[0]} of config.json
     * @param blockColumns columns an FP8 scale covers
     * @throws CheckpointException where a file is missing or damaged, or the files contradict each other; nothing stays open
     */
    public static SafetensorsCheckpoint open(Path path, int blockRows, int blockColumns) {
        SafetensorsScales scales = new SafetensorsScales(blockRows, blockColumns);
        if (!Files.isDirectory(path)) {
            return path.toString().endsWith(".json")
                    ? openShards(path, SafetensorsIndex.read(path), scales)
                    : openFiles(path, List.of(path), scales);
        }
        Path single = path.resolve(SINGLE_FILE);
        if (Files.exists(single)) {
            return openFiles(path, List.of(single), scales);
        }
        Path index = path.resolve(SafetensorsIndex.FILE_NAME);
        if (!Files.exists(index)) {
            throw new CheckpointException(path + " holds neither " + SINGLE_FILE + " nor " + SafetensorsIndex.FILE_NAME
                    + "; name the folder of a Hugging Face checkpoint or a safetensors file");
        }
        return openShards(path, SafetensorsIndex.read(index), scales);
    }

    private static SafetensorsCheckpoint openShards(Path path, SafetensorsIndex index, SafetensorsScales scales) {
        SafetensorsCheckpoint opened = openFiles(path, index.files(), scales);
        boolean complete = false;
        try {
            index.shards().forEach((tensor, shard) -> {
                SafetensorsFile owner = opened.owners.get(tensor);
                if (owner == null || !owner.path().equals(shard)) {
                    throw new CheckpointException(index.path() + ": tensor '" + SafetensorsJson.quote(tensor)
                            + "' should be in " + shard + ", but is "
                            + (owner == null ? "in no shard" : "in " + owner.path())
                            + "; index and shards are of different versions");
                }
            });
            complete = true;
            return opened;
        } finally {
            if (!complete) {
                opened.close();
            }
        }
    }

    private static SafetensorsCheckpoint openFiles(Path path, List<Path> shards, SafetensorsScales scales) {
        List<SafetensorsFile> files = new ArrayList<>(shards.size());
        boolean complete = false;
        try {
            Map<String, SafetensorsFile> owners = new LinkedHashMap<>();
            for (Path shard : shards) {
                SafetensorsFile file = SafetensorsFile.open(shard);
                files.add(file);
                for (String tensor : file.tensors().keySet()) {
                    SafetensorsFile other = owners.put(tensor, file);
                    if (other != null) {
                        throw new CheckpointException("tensor '" + SafetensorsJson.quote(tensor) + "' is in both "
                                + other.path() + " and " + shard + "; the shards are not of one checkpoint");
                    }
                }
            }
            SafetensorsCheckpoint opened = new SafetensorsCheckpoint(path, List.copyOf(files), owners, scales);
            complete = true;
            return opened;
        } finally {
            if (!complete) {
                closeAll(files);
            }
        }
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public Set<String> tensorNames() {
        return names;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    /**
     * {@inheritDoc}
     *
     * @throws CheckpointException where the tensor is FP8 without fitting scales, or its file was cut since it was opened
     * @throws UnsupportedException where it is a scalar, has more than three extents, is empty or of a type nothing
     *     computes with
     */
    @Override
    public Optional<Weight> find(String tensor) {
        SafetensorsFile file = owners.get(tensor);
        return file == null || isCompanion(tensor) ? Optional.empty() : Optional.of(weight(file, tensor));
    }

    private Weight weight(SafetensorsFile file, String name) {
        SafetensorsTensor t = stored(file, name);
        List<Long> extents = t.extents();
        if (extents.isEmpty() || extents.size() > MAX_RANK || extents.contains(0L)) {
            throw new UnsupportedException(called(t) + " is no weight: it has to have 1 to 3 extents, none of them 0");
        }
        DType dtype = t.type()
                .dtype()
                .orElseThrow(() -> new UnsupportedException(called(t) + " is of a type that no operation reads"));
        long count = extents.size() == MAX_RANK ? extents.getFirst() : 1;
        if (count > MAX_SLICES) {
            throw new UnsupportedException(
                    called(t) + " has " + count + " slices, at most " + MAX_SLICES + " are read");
        }
        List<MemorySegment> slices = slices(file.data(name), count);
        Shape shape = Shape.of(extents.stream().mapToLong(Long::longValue).toArray());
        return new Weight(name, dtype, shape, slices, scales(t));
    }

    private @Nullable BlockScales scales(SafetensorsTensor weight) {
        String name = weight.name() + SafetensorsScales.SUFFIX;
        SafetensorsFile file = owners.get(name);
        boolean wanted = weight.type() == SafetensorsType.F8_E4M3;
        if (file == null && wanted) {
            throw new CheckpointException(
                    called(weight) + " has no scales: tensor '" + name + "' is missing; the files are incomplete");
        }
        if (file == null) {
            return null;
        }
        if (!wanted) {
            throw new CheckpointException(called(weight) + " has the scales '" + name
                    + "' beside it, but only F8_E4M3 is scaled;" + " the files are not of one checkpoint");
        }
        return scales.of(weight, () -> called(weight), stored(file, name), file.data(name));
    }

    private String called(SafetensorsTensor t) {
        return requireNonNull(owners.get(t.name())).path() + ": tensor '" + t.name() + "' " + t;
    }

    /** Whether this is a tensor of scales whose weight is there. */
    private boolean isCompanion(String tensor) {
        return tensor.endsWith(SafetensorsScales.SUFFIX)
                && owners.containsKey(tensor.substring(0, tensor.length() - SafetensorsScales.SUFFIX.length()));
    }

    private static SafetensorsTensor stored(SafetensorsFile file, String name) {
        return requireNonNull(file.tensors().get(name));
    }

    /** Cuts {@code data} into {@code count} equal parts. */
    static List<MemorySegment> slices(MemorySegment data, long count) {
        long length = data.byteSize() / count;
        return LongStream.range(0, count)
                .mapToObj(i -> data.asSlice(i * length, length))
                .toList();
    }

    @Override
    public void close() {
        closeAll(files);
    }

    private static void closeAll(List<SafetensorsFile> files) {
        RuntimeException first = null;
        for (SafetensorsFile file : files) {
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
