package org.sluice.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CancelledException;
import org.sluice.error.CheckpointException;

/**
 * A file mapped read-only as one segment, of any size. Safe to use from several threads; closing it ends the validity of
 * every segment taken from it.
 *
 * <p>A page of a mapping that lies beyond the end of its file kills the process when native code touches it (SIGBUS), so
 * whoever hands out a part of the file calls {@link #ensureUncut()} first: a download that is still being replaced or a
 * disk that ran full is then an exception. A file cut later, while kernels read it, cannot be caught by anybody.
 */
final class MappedFile implements AutoCloseable {
    private final Path path;
    // Not a FileChannel: asking one for its size from an interrupted thread closes it for everybody.
    private final RandomAccessFile file;
    private final Arena arena;
    private final MemorySegment memory;

    private MappedFile(Path path, RandomAccessFile file, Arena arena, MemorySegment memory) {
        this.path = path;
        this.file = file;
        this.arena = arena;
        this.memory = memory;
    }

    /**
     * Maps a file.
     *
     * @throws CheckpointException where there is no such regular file, or it cannot be read or mapped
     * @throws CancelledException where the thread is interrupted
     */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the MappedFile
    static MappedFile open(Path path) {
        // Opening a pipe would wait for a writer that never comes.
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(
                    path + (Files.exists(path) ? " is not a regular file" : " does not exist; check the path"));
        }
        Arena arena = Arena.ofShared();
        RandomAccessFile file = null;
        boolean opened = false;
        try {
            file = new RandomAccessFile(path.toFile(), "r");
            MemorySegment memory = file.getChannel().map(MapMode.READ_ONLY, 0, file.length(), arena);
            opened = true;
            return new MappedFile(path, file, arena, memory);
        } catch (ClosedByInterruptException e) {
            throw new CancelledException("opening " + path + " was interrupted", e);
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read: " + e.getMessage(), e);
        } finally {
            if (!opened) {
                arena.close();
                closeQuietly(file);
            }
        }
    }

    private static void closeQuietly(@Nullable RandomAccessFile file) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException secondary) {
            // What made opening fail is on its way to the caller already.
        }
    }

    /** Where the file is. */
    Path path() {
        return path;
    }

    /** Bytes it had when it was mapped. */
    long size() {
        return memory.byteSize();
    }

    /** All of it, read-only. */
    MemorySegment memory() {
        return memory;
    }

    /**
     * The bytes {@code [offset, offset + length)}.
     *
     * @param what what they hold, for the message
     * @throws CheckpointException where they do not all lie inside the file
     */
    MemorySegment slice(long offset, long length, String what) {
        if (offset < 0 || length < 0 || offset > size() - length) {
            throw new CheckpointException(path + ": " + what + " at offset " + offset + " with a length of " + length
                    + " bytes lies outside the file, which has " + size()
                    + " bytes; it is damaged or not completely downloaded");
        }
        return memory.asSlice(offset, length);
    }

    /**
     * Checks that the file still has all the bytes that were mapped.
     *
     * @throws CheckpointException where it has become shorter
     * @throws IllegalStateException where it was closed
     */
    void ensureUncut() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException(path + " is closed");
        }
        long now;
        try {
            now = file.length();
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read any more: " + e.getMessage(), e);
        }
        if (now < size()) {
            throw new CheckpointException(path + " was cut from " + size() + " to " + now
                    + " bytes while it was open; restore the file and load the model again");
        }
    }

    /**
     * Unmaps the file; again does nothing.
     *
     * @throws IllegalStateException where native code still reads the mapping; the file then stays open
     */
    @Override
    public synchronized void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        arena.close();
        try {
            file.close();
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be closed: " + e.getMessage(), e);
        }
    }
}
