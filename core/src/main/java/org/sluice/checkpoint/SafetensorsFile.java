package org.sluice.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import org.sluice.error.CheckpointException;

/**
 * One safetensors file, mapped, its header checked: the tensors as they are stored, of any rank and type. Safe to use from
 * several threads; closing it ends the validity of every segment taken from it.
 *
 * <p>Format: <a href="https://github.com/huggingface/safetensors#format">huggingface/safetensors</a>.
 */
public final class SafetensorsFile implements AutoCloseable {
    private final MappedFile file;
    private final SafetensorsHeader header;

    private SafetensorsFile(MappedFile file, SafetensorsHeader header) {
        this.file = file;
        this.header = header;
    }

    /**
     * Opens a file.
     *
     * @throws CheckpointException where it cannot be read or its header is damaged; nothing stays open
     */
    public static SafetensorsFile open(Path path) {
        MappedFile file = MappedFile.open(path);
        SafetensorsHeader header = null;
        try {
            header = SafetensorsHeader.read(path, file.memory());
            return new SafetensorsFile(file, header);
        } finally {
            if (header == null) {
                file.close();
            }
        }
    }

    /** Where the file is. */
    public Path path() {
        return file.path();
    }

    /** The file's {@code __metadata__}, empty where it has none. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** All tensors by name, in the order of the header. */
    public Map<String, SafetensorsTensor> tensors() {
        return header.tensors();
    }

    /**
     * The bytes of a tensor, little endian, not necessarily aligned.
     *
     * @throws CheckpointException where the file has no such tensor, or was cut since it was opened
     * @throws IllegalStateException where the file is closed
     */
    public MemorySegment data(String tensor) {
        SafetensorsTensor t = header.tensors().get(tensor);
        if (t == null) {
            throw new CheckpointException(path() + ": tensor '" + tensor + "' is missing");
        }
        file.ensureUncut();
        return file.slice(t.offset(), t.bytes(), "tensor '" + tensor + "'");
    }

    @Override
    public void close() {
        file.close();
    }
}
