package org.sluice.backend.cuda;

import static jcuda.driver.CUresult.CUDA_ERROR_OUT_OF_MEMORY;
import static jcuda.driver.CUresult.CUDA_SUCCESS;

import java.util.concurrent.atomic.AtomicLong;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.MemoryLimitException;

/** Memory of a device. A part of another piece must not be closed. */
final class DeviceBuffer implements AutoCloseable {
    private static final AtomicLong MADE = new AtomicLong();

    /** JCuda's pointers do not show where they point. */
    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    private final CUdeviceptr pointer;
    private final long address;
    private final long bytes;

    private DeviceBuffer(CUdeviceptr pointer, long address, long bytes) {
        this.pointer = pointer;
        this.address = address;
        this.bytes = bytes;
    }

    /** How many there have been, on all devices: what tells whether a step makes any. */
    static long made() {
        return MADE.get();
    }

    /** Takes memory of the current context. */
    static DeviceBuffer allocate(long bytes, String what) {
        Address pointer = new Address();
        int result = JCudaDriver.cuMemAlloc(pointer, Math.max(256, bytes));
        if (result == CUDA_ERROR_OUT_OF_MEMORY) {
            throw new MemoryLimitException("the GPU has no " + MemoryPlan.human(bytes) + " for " + what + ": " + free()
                    + "; close other programs on it, lower the context length or take weights of fewer bits");
        }
        Cuda.check(result, "allocating " + MemoryPlan.human(bytes) + " for " + what);
        MADE.incrementAndGet();
        return new DeviceBuffer(pointer, pointer.value(), bytes);
    }

    private static String free() {
        long[] free = new long[1];
        long[] total = new long[1];
        return JCudaDriver.cuMemGetInfo(free, total) == CUDA_SUCCESS
                ? MemoryPlan.human(free[0]) + " of " + MemoryPlan.human(total[0]) + " are free"
                : "nobody knows how much is free";
    }

    DeviceBuffer part(long offset, long size) {
        return new DeviceBuffer(pointer.withByteOffset(offset), address + offset, size);
    }

    /** What the driver's calls take. */
    CUdeviceptr pointer() {
        return pointer;
    }

    /** What kernels take. */
    long address() {
        return address;
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        int result = JCudaDriver.cuMemFree(pointer);
        if (result != CUDA_SUCCESS) {
            // memory of a lost device goes with its context
            System.getLogger(DeviceBuffer.class.getName())
                    .log(System.Logger.Level.DEBUG, () -> "cuMemFree: " + Cuda.name(result));
        }
    }
}
