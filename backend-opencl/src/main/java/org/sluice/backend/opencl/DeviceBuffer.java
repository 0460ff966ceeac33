package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.jocl.Pointer;
import org.jocl.cl_buffer_region;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_mem;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.MemoryLimitException;

/**
 * Memory of a device.
 *
 * @param root what it is a part of, or itself
 * @param offset where it starts in its root, in bytes
 */
record DeviceBuffer(cl_mem memory, long bytes, cl_mem root, long offset) implements AutoCloseable {
    /** What a transfer takes at most: as much as a byte buffer of the JVM can describe, and then some less. */
    private static final long CHUNK = 1 << 30;

    private static final AtomicLong MADE = new AtomicLong();

    /** How many there have been, on all devices: what tells whether a step makes any. */
    static long made() {
        return MADE.get();
    }

    static DeviceBuffer allocate(cl_context context, long bytes, String what) {
        int[] status = new int[1];
        cl_mem memory = clCreateBuffer(context, CL_MEM_READ_WRITE, Math.max(64, bytes), null, status);
        if (status[0] == CL_MEM_OBJECT_ALLOCATION_FAILURE
                || status[0] == CL_OUT_OF_RESOURCES
                || status[0] == CL_INVALID_BUFFER_SIZE) {
            throw new MemoryLimitException("the OpenCL device has no " + MemoryPlan.human(bytes) + " for " + what + " ("
                    + Cl.name(status[0]) + ")");
        }
        Cl.check(status[0], "allocating " + what);
        MADE.incrementAndGet();
        return new DeviceBuffer(memory, bytes, memory, 0);
    }

    /** A part of it that kernels see as a buffer of its own. */
    DeviceBuffer part(long from, long size) {
        int[] status = new int[1];
        cl_mem memory = clCreateSubBuffer(
                this.memory, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, new cl_buffer_region(from, size), status);
        Cl.check(status[0], "clCreateSubBuffer");
        MADE.incrementAndGet();
        return new DeviceBuffer(memory, size, root, offset + from);
    }

    /** Copies host memory to it and waits. */
    void write(cl_command_queue queue, long start, MemorySegment from) {
        for (long at = 0; at < from.byteSize(); at += CHUNK) {
            MemorySegment piece = from.asSlice(at, Math.min(CHUNK, from.byteSize() - at));
            if (!piece.isNative()) {
                piece = MemorySegment.ofArray(piece.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
            }
            Cl.check(
                    clEnqueueWriteBuffer(
                            queue,
                            memory,
                            true,
                            start + at,
                            piece.byteSize(),
                            Pointer.to(piece.asByteBuffer()),
                            0,
                            null,
                            null),
                    "upload");
        }
    }

    /** Copies a part of it to host memory, when what was asked of the device before is done. */
    void read(cl_command_queue queue, long start, MemorySegment to) {
        for (long at = 0; at < to.byteSize(); at += CHUNK) {
            MemorySegment piece = to.asSlice(at, Math.min(CHUNK, to.byteSize() - at));
            ByteBuffer host = ByteBuffer.allocateDirect((int) piece.byteSize());
            Cl.check(
                    clEnqueueReadBuffer(
                            queue, memory, true, start + at, piece.byteSize(), Pointer.to(host), 0, null, null),
                    "download");
            piece.copyFrom(MemorySegment.ofBuffer(host));
        }
    }

    @Override
    public void close() {
        clReleaseMemObject(memory);
    }
}
