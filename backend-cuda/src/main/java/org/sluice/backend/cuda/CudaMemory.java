package org.sluice.backend.cuda;

import static jcuda.driver.CUevent_flags.CU_EVENT_BLOCKING_SYNC;
import static jcuda.driver.CUevent_flags.CU_EVENT_DISABLE_TIMING;

import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.support.kernels.DeviceMemory;

/**
 * The memory of a device. What is written goes through two pinned buffers in turn, so that the disk is read while the device
 * copies. Safe for use by several threads.
 */
final class CudaMemory implements DeviceMemory<DeviceBuffer>, AutoCloseable {
    private static final long CHUNK = 4L << 20;

    /** A pinned buffer and the event after which the device has read it. */
    private record Stage(PinnedBuffer buffer, CUevent done) {}

    private final CudaContext context;
    private final CUstream stream;
    private final @Nullable Stage[] stages = new @Nullable Stage[2];
    private LongConsumer written = n -> {};
    private int next;

    CudaMemory(CudaContext context, CUstream stream) {
        this.context = context;
        this.stream = stream;
    }

    /** Who hears how many bytes each copy to the device had. */
    synchronized void listener(LongConsumer consumer) {
        written = consumer;
    }

    @Override
    public DeviceBuffer allocate(long bytes, String what) {
        try (var _ = context.enter()) {
            return DeviceBuffer.allocate(bytes, what);
        }
    }

    @Override
    public synchronized void write(DeviceBuffer to, long offset, MemorySegment from) {
        try (var _ = context.enter()) {
            for (long at = 0; at < from.byteSize(); at += CHUNK) {
                long n = Math.min(CHUNK, from.byteSize() - at);
                Stage stage = stage();
                Cuda.check(JCudaDriver.cuEventSynchronize(stage.done()), "an upload");
                MemorySegment.copy(from, at, stage.buffer().memory(), 0, n);
                Cuda.check(
                        JCudaDriver.cuMemcpyHtoDAsync(
                                to.part(offset + at, n).pointer(),
                                stage.buffer().pointer(),
                                n,
                                stream),
                        "an upload");
                Cuda.check(JCudaDriver.cuEventRecord(stage.done(), stream), "cuEventRecord");
                written.accept(n);
            }
        }
    }

    @Override
    public synchronized void read(DeviceBuffer from, long offset, MemorySegment to) {
        try (var _ = context.enter()) {
            for (long at = 0; at < to.byteSize(); at += CHUNK) {
                long n = Math.min(CHUNK, to.byteSize() - at);
                Stage stage = stage();
                // earlier writes from the same buffer come before it in the stream
                Cuda.check(
                        JCudaDriver.cuMemcpyDtoHAsync(
                                stage.buffer().pointer(),
                                from.part(offset + at, n).pointer(),
                                n,
                                stream),
                        "a download");
                Cuda.check(JCudaDriver.cuEventRecord(stage.done(), stream), "cuEventRecord");
                Cuda.check(JCudaDriver.cuEventSynchronize(stage.done()), "a download");
                MemorySegment.copy(stage.buffer().memory(), 0, to, at, n);
            }
        }
    }

    @Override
    public void copy(DeviceBuffer from, long fromOffset, DeviceBuffer to, long toOffset, long bytes) {
        try (var _ = context.enter()) {
            Cuda.check(
                    JCudaDriver.cuMemcpyDtoDAsync(
                            to.part(toOffset, bytes).pointer(),
                            from.part(fromOffset, bytes).pointer(),
                            bytes,
                            stream),
                    "copying in the device's memory");
        }
    }

    @Override
    public void free(DeviceBuffer piece) {
        try (var _ = context.enter()) {
            piece.close();
        }
    }

    /** Bytes that nobody has taken, whatever process. */
    long free() {
        try (var _ = context.enter()) {
            long[] free = new long[1];
            Cuda.check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo");
            return free[0];
        }
    }

    /** Waits for all that was asked of the device. */
    void await() {
        try (var _ = context.enter()) {
            Cuda.check(JCudaDriver.cuStreamSynchronize(stream), "an upload");
        }
    }

    private Stage stage() {
        int i = next;
        next = 1 - next;
        Stage stage = stages[i];
        if (stage == null) {
            CUevent done = new CUevent();
            PinnedBuffer buffer = PinnedBuffer.allocate(CHUNK, "uploads");
            try {
                Cuda.check(
                        JCudaDriver.cuEventCreate(done, CU_EVENT_DISABLE_TIMING | CU_EVENT_BLOCKING_SYNC),
                        "cuEventCreate");
            } catch (RuntimeException e) {
                buffer.close();
                throw e;
            }
            stage = new Stage(buffer, done);
            stages[i] = stage;
        }
        return stage;
    }

    @Override
    public synchronized void close() {
        try (var _ = context.enter()) {
            for (int i = 0; i < stages.length; i++) {
                Stage stage = stages[i];
                if (stage != null) {
                    stage.buffer().close();
                    JCudaDriver.cuEventDestroy(stage.done());
                    stages[i] = null;
                }
            }
        }
    }
}
