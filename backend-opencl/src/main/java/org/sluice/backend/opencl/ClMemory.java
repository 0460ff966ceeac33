package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_mem;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.support.kernels.DeviceMemory;

/**
 * The memory of a device. Small pieces are cut from larger ones, so that few buffers hold all that a chain of operations reads.
 * Safe for use by several threads.
 */
final class ClMemory implements DeviceMemory<DeviceBuffer> {
    private static final long SMALL = 2 << 20;
    private static final long LARGE = 8 << 20;

    private final cl_context context;
    private final cl_command_queue queue;
    private final long alignment;
    /** Parts in use of every buffer that has parts. */
    private final Map<cl_mem, Integer> parts = new HashMap<>();

    private @Nullable DeviceBuffer current;
    private long used;

    /** @param alignment of parts, 0 where nothing is to be cut */
    ClMemory(cl_context context, cl_command_queue queue, long alignment) {
        this.context = context;
        this.queue = queue;
        this.alignment = alignment;
    }

    @Override
    public synchronized DeviceBuffer allocate(long bytes, String what) {
        if (alignment == 0 || bytes > SMALL) {
            return DeviceBuffer.allocate(context, bytes, what);
        }
        DeviceBuffer from = current;
        if (from == null || used + bytes > from.bytes()) {
            from = DeviceBuffer.allocate(context, LARGE, what);
            current = from;
            used = 0;
            parts.put(from.memory(), 0);
        }
        DeviceBuffer piece = from.part(used, Math.max(1, bytes));
        used += Math.ceilDiv(bytes, alignment) * alignment;
        parts.merge(from.memory(), 1, Integer::sum);
        return piece;
    }

    @Override
    public void write(DeviceBuffer to, long offset, MemorySegment from) {
        to.write(queue, offset, from);
    }

    @Override
    public void read(DeviceBuffer from, long offset, MemorySegment to) {
        from.read(queue, offset, to);
    }

    @Override
    public void copy(DeviceBuffer from, long fromOffset, DeviceBuffer to, long toOffset, long bytes) {
        Cl.check(
                clEnqueueCopyBuffer(queue, from.memory(), to.memory(), fromOffset, toOffset, bytes, 0, null, null),
                "copying in the device's memory");
    }

    @Override
    public synchronized void free(DeviceBuffer piece) {
        piece.close();
        if (parts.containsKey(piece.root()) && parts.merge(piece.root(), -1, Integer::sum) == 0) {
            // a part keeps its buffer alive for the driver, so nothing of it is in use any more
            parts.remove(piece.root());
            if (current != null && current.memory().equals(piece.root())) {
                current = null;
            }
            clReleaseMemObject(piece.root());
        }
    }
}
