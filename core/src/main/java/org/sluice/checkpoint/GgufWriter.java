package org.sluice.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;

/**
 * Writes a GGUF model of version 3: tensors are declared first, then their bytes are streamed in the same order. For one
 * thread.
 *
 * <p>Files appear under their names only when {@link #finish()} was called; closing before that leaves nothing behind.
 *
 * <pre>{@code
 * try (GgufWriter out = GgufWriter.to(path)
 *         .metadata("general.architecture", GgufValue.of("glm-dsa"))
 *         .tensor("output_norm.weight", DType.F32, Shape.of(6144))
 *         .open()) {
 *     out.write("output_norm.weight", bytes);
 *     out.finish();
 * }
 * }</pre>
 */
public final class GgufWriter implements AutoCloseable {
    private static final String SUFFIX = ".gguf";

    private final List<Shard> shards;
    private final long alignment;

    private final List<GgufShardFile> files = new ArrayList<>();
    private int shard = -1;
    private int next;
    private GgufHeader.@Nullable Declared current;
    private long left;
    private boolean finished;

    private record Shard(Path path, Map<String, GgufValue> metadata, List<GgufHeader.Declared> tensors) {}

    private GgufWriter(List<Shard> shards, long alignment) {
        this.shards = shards;
        this.alignment = alignment;
    }

    /** Starts the description of a model in the file {@code path}. */
    public static Builder to(Path path) {
        return new Builder(path);
    }

    /** What a model will hold. */
    public static final class Builder {
        /** llama.cpp stores names in 64 bytes with a final 0. */
        private static final int MAX_NAME = 63;

        private final Path path;
        private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
        private final List<GgufHeader.Declared> tensors = new ArrayList<>();
        private final Set<String> names = new LinkedHashSet<>();
        private long splitBytes = Long.MAX_VALUE;

        private Builder(Path path) {
            this.path = path;
        }

        /** Adds a metadata pair; a later value of a key replaces an earlier one. */
        public Builder metadata(String key, GgufValue value) {
            metadata.put(key, value);
            return this;
        }

        /**
         * Declares the next tensor.
         *
         * @param shape fixed extents, row major, 1 to 4 of them
         * @throws IllegalArgumentException where GGUF cannot hold it or the name is taken
         */
        public Builder tensor(String name, DType dtype, Shape shape) {
            if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
                throw new IllegalArgumentException(
                        "tensor name '" + name + "' is longer than the " + MAX_NAME + " bytes that readers accept");
            }
            if (dtype.ggmlId() < 0) {
                throw new IllegalArgumentException("tensor '" + name + "': GGUF has no type " + dtype);
            }
            if (shape.rank() < 1 || shape.rank() > 4 || shape.isSymbolic()) {
                throw new IllegalArgumentException("tensor '" + name + "' needs 1 to 4 fixed extents, not " + shape);
            }
            if (shape.last() % dtype.blockElements() != 0) {
                throw new IllegalArgumentException("tensor '" + name + "': rows of " + shape.last()
                        + " elements are no whole number of " + dtype + " blocks of " + dtype.blockElements());
            }
            if (!names.add(name)) {
                throw new IllegalArgumentException("tensor '" + name + "' is declared twice");
            }
            tensors.add(new GgufHeader.Declared(name, dtype, shape));
            return this;
        }

        /**
         * Begins a new file whenever the tensors of one would take more than {@code bytes}; the files are then called
         * {@code name-00001-of-00003.gguf}.
         */
        public Builder splitAt(long bytes) {
            if (bytes <= 0) {
                throw new IllegalArgumentException("a split at " + bytes + " bytes");
            }
            splitBytes = bytes;
            return this;
        }

        /**
         * Creates the first file.
         *
         * @throws CheckpointException where the folder cannot be written or the disk has too little room
         */
        public GgufWriter open() {
            long alignment = new GgufMetadata(path.toString(), metadata)
                    .findInteger(GgufFile.ALIGNMENT)
                    .orElse(GgufFile.DEFAULT_ALIGNMENT);
            if (alignment < 8 || alignment > 1 << 20 || Long.bitCount(alignment) != 1) {
                throw new IllegalArgumentException(
                        GgufFile.ALIGNMENT + " is " + alignment + " instead of a power of two from 8 to 2^20");
            }
            checkRoom();
            GgufWriter writer = new GgufWriter(shards(), alignment);
            boolean opened = false;
            try {
                writer.beginShard();
                opened = true;
                return writer;
            } finally {
                if (!opened) {
                    writer.close();
                }
            }
        }

        private void checkRoom() {
            long need = tensors.stream().mapToLong(GgufHeader.Declared::bytes).reduce(0, Math::addExact);
            try {
                Path folder = path.toAbsolutePath().getParent();
                long free = Files.getFileStore(folder == null ? path : folder).getUsableSpace();
                if (free < need) {
                    throw new CheckpointException(path + " needs " + need + " bytes, but only " + free
                            + " are free; free some or choose smaller types");
                }
            } catch (IOException e) {
                throw new CheckpointException(path + " cannot be written: " + e.getMessage(), e);
            }
        }

        private List<Shard> shards() {
            List<List<GgufHeader.Declared>> parts = new ArrayList<>();
            parts.add(new ArrayList<>());
            long size = 0;
            for (GgufHeader.Declared t : tensors) {
                if (!parts.getLast().isEmpty() && t.bytes() > splitBytes - size) {
                    parts.add(new ArrayList<>());
                    size = 0;
                }
                parts.getLast().add(t);
                size += t.bytes();
            }
            if (parts.size() == 1) {
                return List.of(new Shard(path, metadata, tensors));
            }
            String file = path.toString();
            String prefix = file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
            List<Shard> out = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                Path p = Path.of(GgufSplit.shardName(prefix, i, parts.size()));
                out.add(new Shard(p, shardMetadata(i, parts.size()), parts.get(i)));
            }
            return out;
        }

        private Map<String, GgufValue> shardMetadata(int index, int count) {
            Map<String, GgufValue> m = new LinkedHashMap<>();
            if (index == 0) {
                m.putAll(metadata);
            } else if (metadata.containsKey(GgufFile.ALIGNMENT)) {
                m.put(GgufFile.ALIGNMENT, metadata.get(GgufFile.ALIGNMENT));
            }
            m.put(GgufSplit.NUMBER, new GgufValue.Int(GgufType.UINT16, index));
            m.put(GgufSplit.COUNT, new GgufValue.Int(GgufType.UINT16, count));
            m.put(GgufSplit.TENSORS, new GgufValue.Int(GgufType.INT32, tensors.size()));
            return m;
        }
    }

    /**
     * Appends bytes to a tensor: the one that was begun, or, when that is complete, the next that was declared.
     *
     * @throws IllegalStateException where another tensor is due or these are more bytes than it takes
     * @throws CheckpointException where the file cannot be written
     */
    public void write(String tensor, MemorySegment bytes) {
        GgufHeader.Declared t = current == null ? begin() : current;
        if (!t.name().equals(tensor)) {
            throw new IllegalStateException("tensor '" + tensor + "' was written where '" + t.name() + "' is due");
        }
        if (bytes.byteSize() > left) {
            throw new IllegalStateException("tensor '" + tensor + "' takes " + t.bytes() + " bytes, of which " + left
                    + " are left, and not " + bytes.byteSize());
        }
        files.getLast().write(bytes);
        left -= bytes.byteSize();
        if (left == 0) {
            pad(t.bytes());
            current = null;
        }
    }

    private GgufHeader.Declared begin() {
        while (next == shards.get(shard).tensors().size()) {
            if (shard == shards.size() - 1) {
                throw new IllegalStateException("all declared tensors are written");
            }
            beginShard();
        }
        GgufHeader.Declared t = shards.get(shard).tensors().get(next++);
        current = t;
        left = t.bytes();
        return t;
    }

    private void beginShard() {
        shard++;
        next = 0;
        Shard s = shards.get(shard);
        GgufShardFile file = GgufShardFile.create(s.path());
        files.add(file);
        file.write(MemorySegment.ofArray(GgufHeader.encode(s.metadata(), s.tensors(), alignment)));
    }

    private void pad(long bytes) {
        long padding = GgufHeader.align(bytes, alignment) - bytes;
        files.getLast().write(MemorySegment.ofArray(new byte[(int) padding]));
    }

    /** The files that this writes, in order. */
    public List<Path> paths() {
        return shards.stream().map(Shard::path).toList();
    }

    /**
     * Completes the model: afterwards all its files are there under their names.
     *
     * @throws IllegalStateException where a tensor is missing or incomplete
     * @throws CheckpointException where a file cannot be written
     */
    public void finish() {
        if (finished) {
            throw new IllegalStateException("already finished");
        }
        if (current != null
                || shard != shards.size() - 1
                || next != shards.get(shard).tensors().size()) {
            throw new IllegalStateException(
                    current != null
                            ? "tensor '" + current.name() + "' lacks " + left + " bytes"
                            : "not all declared tensors are written");
        }
        files.forEach(GgufShardFile::finish);
        finished = true;
    }

    /** Closes the files; those of a model that was not finished are deleted. */
    @Override
    public void close() {
        files.forEach(GgufShardFile::close);
    }
}
