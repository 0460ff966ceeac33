package org.sluice.convert;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.sluice.backend.ProgressListener;
import org.sluice.checkpoint.GgufWriter;
import org.sluice.error.CancelledException;
import org.sluice.tensor.DType;

/**
 * Makes the bytes of tensors chunk by chunk on several threads and writes them in order. However large a tensor is, only a
 * few chunks exist at a time. For one thread.
 */
final class TensorPipeline implements AutoCloseable {
    /** About the elements of a chunk: enough to make waiting rare, few enough to keep memory small. */
    private static final long CHUNK = 1 << 20;

    private static final int CHUNKS_PER_THREAD = 2;

    /** Makes the stored bytes of the rows {@code [first, first + n)} of a tensor. */
    @FunctionalInterface
    interface Maker {
        MemorySegment make(long first, int n);
    }

    private record Chunk(String tensor, Future<MemorySegment> bytes) {}

    private final GgufWriter out;
    private final ProgressListener progress;
    private final String stage;
    private final long total;
    private final int window;
    private final ExecutorService threads;
    private final Deque<Chunk> pending = new ArrayDeque<>();
    private long written;

    /**
     * A pipeline to a writer.
     *
     * @param total bytes of all tensors, for the progress
     */
    TensorPipeline(GgufWriter out, int threads, String stage, long total, ProgressListener progress) {
        this.out = out;
        this.stage = stage;
        this.total = total;
        this.progress = progress;
        this.window = threads * CHUNKS_PER_THREAD;
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newFixedThreadPool(threads, task -> {
            Thread t = new Thread(task, "sluice-" + stage + "-" + number.incrementAndGet());
            t.setDaemon(true);
            return t;
        });
    }

    /** Appends all rows of the tensor that is due. */
    void add(String tensor, DType dtype, long rows, long columns, Maker maker) {
        long step = Math.clamp(CHUNK / columns, 1, Integer.MAX_VALUE);
        for (long at = 0; at < rows; at += step) {
            long first = at;
            int n = (int) Math.min(step, rows - at);
            pending.add(new Chunk(tensor, threads.submit(() -> checked(tensor, dtype, n * columns, maker, first, n))));
            while (pending.size() > window) {
                writeNext();
            }
        }
    }

    private static MemorySegment checked(String tensor, DType dtype, long elements, Maker maker, long first, int n) {
        MemorySegment bytes = maker.make(first, n);
        if (bytes.byteSize() != dtype.bytes(elements)) {
            throw new IllegalStateException("rows " + first + " to " + (first + n) + " of " + tensor + " became "
                    + bytes.byteSize() + " bytes of " + dtype + " instead of " + dtype.bytes(elements));
        }
        return bytes;
    }

    private void writeNext() {
        Chunk chunk = pending.remove();
        try {
            MemorySegment bytes = chunk.bytes().get();
            out.write(chunk.tensor(), bytes);
            written += bytes.byteSize();
            progress.progress(stage, written, total);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("tensor '" + chunk.tensor() + "' failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException(stage + " was interrupted", e);
        }
    }

    /** Writes what is still on its way. */
    void drain() {
        while (!pending.isEmpty()) {
            writeNext();
        }
    }

    /** Gives up what is on its way, and waits until nothing reads the checkpoint any more. */
    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
