package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.lang.foreign.MemorySegment;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.sluice.backend.support.kernels.HostMemory;
import org.sluice.backend.support.kernels.TransferSize;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;

/**
 * Host memory that feeds an input or receives an output, and its twin on the device. Not safe for use by several threads.
 *
 * <p>Transfers wait: for one that does not, JOCL keeps a thread waiting in its stead, which costs more.
 */
final class HostPort implements HostMemory {
    /** A byte buffer of the JVM describes at most 2 GiB. */
    private static final long CHUNK = 1L << 30;

    private final DeviceBuffer device;
    private final MemorySegment host;
    private final Pointer[] chunks;
    private final TransferSize size;

    HostPort(Value value, DeviceBuffer device, MemorySegment host) {
        this(value.spec().shape(), device, host);
    }

    /** Memory whose used bytes are given with each transfer. */
    HostPort(DeviceBuffer device, MemorySegment host) {
        this(Shape.of(1), device, host);
    }

    private HostPort(Shape shape, DeviceBuffer device, MemorySegment host) {
        this.device = device;
        this.host = host;
        chunks = new Pointer[(int) Math.ceilDiv(Math.max(1, host.byteSize()), CHUNK)];
        for (int i = 0; i < chunks.length; i++) {
            long at = i * CHUNK;
            chunks[i] = Pointer.to(
                    host.asSlice(at, Math.min(CHUNK, host.byteSize() - at)).asByteBuffer());
        }
        size = TransferSize.of(shape);
    }

    @Override
    public MemorySegment host() {
        return host;
    }

    /** Bytes that a step uses; elements take four. */
    long bytes(int rows, int outputs, int context) {
        return size.bytes(rows, outputs, context);
    }

    /** Copies the first bytes to the device. */
    void upload(cl_command_queue queue, long bytes) {
        for (int i = 0; i * CHUNK < bytes; i++) {
            Cl.check(
                    clEnqueueWriteBuffer(
                            queue,
                            device.memory(),
                            true,
                            i * CHUNK,
                            Math.min(CHUNK, bytes - i * CHUNK),
                            chunks[i],
                            0,
                            null,
                            null),
                    "upload of an input");
        }
    }

    /** Copies the first bytes from the device, when everything before in the queue is done. */
    void download(cl_command_queue queue, long bytes) {
        for (int i = 0; i * CHUNK < bytes; i++) {
            Cl.check(
                    clEnqueueReadBuffer(
                            queue,
                            device.memory(),
                            true,
                            i * CHUNK,
                            Math.min(CHUNK, bytes - i * CHUNK),
                            chunks[i],
                            0,
                            null,
                            null),
                    "download of an output");
        }
    }
}
