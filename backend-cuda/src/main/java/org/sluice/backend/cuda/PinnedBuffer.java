package org.sluice.backend.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.MemoryLimitException;

/** Host memory that the device reads and writes by itself: only such memory is copied while the host goes on. */
final class PinnedBuffer implements AutoCloseable {
    private static final class Address extends Pointer {
        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    private final Pointer pointer;
    private final MemorySegment memory;

    private PinnedBuffer(Pointer pointer, MemorySegment memory) {
        this.pointer = pointer;
        this.memory = memory;
    }

    /** Pins memory for the current context; its content is undefined. */
    static PinnedBuffer allocate(long bytes, String what) {
        Address pointer = new Address();
        long size = Math.max(64, bytes);
        int result = JCudaDriver.cuMemHostAlloc(pointer, size, 0);
        if (result == jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw new MemoryLimitException("the host has no " + MemoryPlan.human(bytes) + " of memory to pin for "
                    + what + "; lower the rows of a step or raise the limit of locked memory (ulimit -l)");
        }
        Cuda.check(result, "pinning " + MemoryPlan.human(bytes) + " for " + what);
        return new PinnedBuffer(
                pointer, MemorySegment.ofAddress(pointer.value()).reinterpret(size));
    }

    Pointer pointer() {
        return pointer;
    }

    MemorySegment memory() {
        return memory;
    }

    @Override
    public void close() {
        JCudaDriver.cuMemFreeHost(pointer);
    }
}
