package org.sluice.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;

/**
 * One GGUF file of version 2 or 3, mapped, its header checked. Safe to use from several threads.
 *
 * <p>Layout: magic, version, number of tensors, number of metadata pairs, the pairs, the tensor infos, padding to
 * {@code general.alignment}, data. Source: the GGUF specification in ggml's {@code docs/gguf.md}.
 */
final class GgufFile implements AutoCloseable {
    static final int MAGIC = 0x46554747; // "GGUF", little-endian
    static final String ALIGNMENT = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;

    private final MappedFile file;
    private final int version;
    private final GgufMetadata metadata;
    private final Map<String, GgufTensor> tensors;

    private GgufFile(MappedFile file, int version, GgufMetadata metadata, Map<String, GgufTensor> tensors) {
        this.file = file;
        this.version = version;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /**
     * Maps a file and reads its header.
     *
     * @throws CheckpointException where it is missing or damaged; nothing stays open
     */
    static GgufFile open(Path path) {
        MappedFile file = MappedFile.open(path);
        boolean opened = false;
        try {
            GgufFile gguf = read(file);
            opened = true;
            return gguf;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    private static GgufFile read(MappedFile file) {
        GgufCursor in = new GgufCursor(file.path().toString(), file.memory(), 0);
        int version = version(in);
        long tensorCount = in.count(GgufTensor.LEAST_BYTES, "number of tensors");
        GgufMetadata metadata = metadata(in);
        long alignment = alignment(metadata);
        Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        for (long i = 0; i < tensorCount; i++) {
            GgufTensor t = GgufTensor.read(in, i);
            if (tensors.put(t.name(), t) != null) {
                throw in.fail(in.position(), "tensor '" + t.name() + "' is listed twice");
            }
        }
        place(in, tensors, alignment, file.size());
        return new GgufFile(file, version, metadata, tensors);
    }

    private static int version(GgufCursor in) {
        int magic = in.i32("magic number");
        if (magic != MAGIC) {
            throw in.fail(
                    0,
                    "the file starts with 0x%08x instead of \"GGUF\"; it is no GGUF file"
                            .formatted(Integer.reverseBytes(magic)));
        }
        int version = in.i32("version");
        if (version != 2 && version != 3) {
            int swapped = Integer.reverseBytes(version);
            throw in.fail(
                    4,
                    swapped > 0 && swapped < 256
                            ? "the file is big-endian; only little-endian GGUF is read, convert it first"
                            : "GGUF version " + Integer.toUnsignedString(version) + " is not read, only 2 and 3 are");
        }
        return version;
    }

    private static GgufMetadata metadata(GgufCursor in) {
        long count = in.count(8 + 4 + 1, "number of metadata pairs");
        Map<String, GgufValue> values = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            long start = in.position();
            String key = in.text("metadata key " + i);
            String what = "metadata key '" + key + "'";
            int id = in.i32("type of " + what);
            GgufType type = GgufType.of(id)
                    .orElseThrow(() -> in.fail(in.position() - 4, what + " is of the unknown value type " + id));
            if (values.put(key, in.value(type, what)) != null) {
                throw in.fail(start, what + " is there twice");
            }
        }
        return new GgufMetadata(in.file(), values);
    }

    private static long alignment(GgufMetadata metadata) {
        long alignment = metadata.findInteger(ALIGNMENT).orElse(DEFAULT_ALIGNMENT);
        if (alignment <= 0 || Long.bitCount(alignment) != 1) {
            throw new CheckpointException(metadata.file() + ": metadata key '" + ALIGNMENT + "' is " + alignment
                    + " instead of a power of two");
        }
        return alignment;
    }

    /** Turns relative offsets into absolute ones and checks that tensors are aligned, inside the file and apart. */
    private static void place(GgufCursor in, Map<String, GgufTensor> tensors, long alignment, long fileSize) {
        long padding = -in.position() & (alignment - 1);
        if (!tensors.isEmpty() && padding > in.remaining()) {
            throw in.fail(in.position(), "the file ends before its data; it is truncated");
        }
        long start = in.position() + padding;
        for (GgufTensor t : tensors.values()) {
            if (t.offset() % alignment != 0) {
                throw in.fail(
                        in.position(),
                        "tensor '" + t.name() + "' has the offset " + t.offset() + ", no multiple of the alignment "
                                + alignment);
            }
            if (t.offset() > fileSize - start || t.bytes() > fileSize - start - t.offset()) {
                throw in.fail(
                        in.position(),
                        "tensor '" + t.name() + "' (" + t + ") has " + t.bytes() + " bytes at data offset "
                                + t.offset() + ", data starts at " + start + ", but the file has only " + fileSize
                                + " bytes; it is truncated or damaged");
            }
        }
        tensors.replaceAll((name, t) -> t.at(start + t.offset()));
        checkApart(in, tensors);
    }

    private static void checkApart(GgufCursor in, Map<String, GgufTensor> tensors) {
        List<GgufTensor> sorted = tensors.values().stream()
                .sorted(Comparator.comparingLong(GgufTensor::offset).thenComparingLong(GgufTensor::bytes))
                .toList();
        for (int i = 1; i < sorted.size(); i++) {
            GgufTensor a = sorted.get(i - 1);
            GgufTensor b = sorted.get(i);
            if (b.offset() < a.offset() + a.bytes()) {
                throw in.fail(
                        b.offset(),
                        "tensor '" + b.name() + "' starts inside tensor '" + a.name() + "', which has " + a.bytes()
                                + " bytes at offset " + a.offset());
            }
        }
    }

    Path path() {
        return file.path();
    }

    /** GGUF version, 2 or 3. */
    int version() {
        return version;
    }

    GgufMetadata metadata() {
        return metadata;
    }

    /** Tensors by name in the order of the file. */
    Map<String, GgufTensor> tensors() {
        return tensors;
    }

    /**
     * The bytes of one of {@link #tensors()}.
     *
     * @throws CheckpointException where the file was cut since it was opened
     * @throws UnsupportedException where the type is not known
     */
    MemorySegment data(GgufTensor t) {
        if (t.dtype() == null) {
            throw new UnsupportedException(file.path() + ": tensor '" + t.name() + "' has ggml type " + t.typeId()
                    + ", which is not read; use a file with the types of mainline llama.cpp");
        }
        file.ensureUncut();
        return file.slice(t.offset(), t.bytes(), "tensor '" + t.name() + "'");
    }

    @Override
    public void close() {
        file.close();
    }
}
