package org.sluice.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.sluice.error.CheckpointException;

/** One output file: written beside its target under another name, and moved there when it is complete. */
final class GgufShardFile implements AutoCloseable {
    /** A channel takes an int of bytes at most. */
    private static final long CHUNK = 64 << 20;

    private final Path target;
    private final Path partial;
    private final FileChannel channel;
    private boolean moved;

    private GgufShardFile(Path target, Path partial, FileChannel channel) {
        this.target = target;
        this.partial = partial;
        this.channel = channel;
    }

    static GgufShardFile create(Path target) {
        Path partial = target.resolveSibling(target.getFileName() + ".part");
        try {
            FileChannel channel = FileChannel.open(
                    partial, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            return new GgufShardFile(target, partial, channel);
        } catch (IOException e) {
            throw failed(partial, e);
        }
    }

    void write(MemorySegment bytes) {
        try {
            for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
                long n = Math.min(CHUNK, bytes.byteSize() - at);
                ByteBuffer buffer = bytes.asSlice(at, n).asByteBuffer();
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
        } catch (IOException e) {
            throw failed(partial, e);
        }
    }

    /** Puts the complete file in its place. */
    void finish() {
        try {
            channel.force(true);
            channel.close();
            try {
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(partial, target, StandardCopyOption.REPLACE_EXISTING);
            }
            moved = true;
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** Closes the file and deletes it where it was not finished. */
    @Override
    public void close() {
        try {
            channel.close();
            if (!moved) {
                Files.deleteIfExists(partial);
            }
        } catch (IOException e) {
            throw failed(partial, e);
        }
    }

    private static CheckpointException failed(Path path, IOException e) {
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        return new CheckpointException(path + " cannot be written: " + reason, e);
    }
}
