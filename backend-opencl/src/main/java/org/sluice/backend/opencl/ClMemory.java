package org.sluice.backend.opencl;

import static org.jocl.CL.clEnqueueCopyBuffer;

import java.lang.foreign.MemorySegment;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.sluice.backend.support.kernels.DeviceMemory;

/** The memory of a device. */
record ClMemory(cl_context context, cl_command_queue queue) implements DeviceMemory<DeviceBuffer> {
    @Override
    public DeviceBuffer allocate(long bytes, String what) {
        return DeviceBuffer.allocate(context, bytes, what);
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
    public void free(DeviceBuffer piece) {
        piece.close();
    }
}
