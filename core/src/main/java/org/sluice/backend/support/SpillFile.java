package org.sluice.backend.support;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;

/**
 * Pages in a file that is mapped: the system keeps those in memory that are used, as far as there is any. The file has no name
 * where the system allows that, and is gone with the process. Not safe for use by several threads.
 */
public final class SpillFile implements AutoCloseable {
    /** Bytes the file grows by at most. */
    private static final long GROWTH = 64L << 20;

    private static final int ZEROS = 1 << 20;

    private final Path directory;
    private final long pageBytes;
    private final FileChannel channel;
    private final Arena arena = Arena.ofShared();
    private MemorySegment extent = MemorySegment.NULL;
    private long used;
    private long size;

    /**
     * An empty file.
     *
     * @throws InvalidRequestException where there is no such directory, or nothing can be written there
     */
    public SpillFile(Path directory, long pageBytes) {
        this.directory = directory;
        this.pageBytes = pageBytes;
        check(directory);
        try {
            Path file = Files.createTempFile(directory, "sluice-", ".spill");
            channel = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            unlink(file);
        } catch (IOException e) {
            throw new InvalidRequestException(
                    "caches cannot be spilled to " + directory + ": " + e + "; choose another directory", e);
        }
    }

    /** Throws where a directory is none. */
    public static void check(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new InvalidRequestException("caches cannot be spilled to " + directory
                    + ": it is no directory; create it or choose another one");
        }
    }

    /** At once, so that not even a process that is killed leaves it behind. */
    private static void unlink(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            // some systems do not let go of an open file: closing deletes it
        }
    }

    /**
     * A new page.
     *
     * @throws MemoryLimitException where the disk is full
     */
    public MemorySegment page() {
        if (used == extent.byteSize()) {
            grow();
        }
        MemorySegment page = extent.asSlice(used, pageBytes);
        used += pageBytes;
        return page;
    }

    /** Bytes of the file. */
    public long bytes() {
        return size;
    }

    /** Blocks are written before they are mapped: a full disk is an error now, and would be a crash of the process later. */
    private void grow() {
        long pages = Math.clamp(size / pageBytes / 2, 1, Math.max(1, GROWTH / pageBytes));
        long bytes = pages * pageBytes;
        try {
            ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS, bytes));
            for (long at = 0; at < bytes; ) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at));
                at += channel.write(zeros, size + at);
            }
            extent = channel.map(FileChannel.MapMode.READ_WRITE, size, bytes, arena);
        } catch (IOException e) {
            throw new MemoryLimitException(
                    "the caches spilled to " + directory + " cannot grow from " + MemoryPlan.human(size) + " to "
                            + MemoryPlan.human(size + bytes) + ": " + e.getMessage()
                            + "; free space there or choose another directory",
                    e);
        }
        used = 0;
        size += bytes;
    }

    @Override
    public void close() {
        arena.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw new MemoryLimitException("the file in " + directory + " cannot be deleted: " + e, e);
        }
    }
}
