package org.sluice.backend.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.support.kernels.HostMemory;
import org.sluice.backend.support.kernels.TransferSize;

/** Pinned host memory that feeds an input or receives an output, and its twin on the device. */
record HostPort(DeviceBuffer device, PinnedBuffer pinned, TransferSize size) implements HostMemory {
    @Override
    public MemorySegment host() {
        return pinned.memory();
    }

    long bytes(int rows, int outputs, int context) {
        return size.bytes(rows, outputs, context);
    }

    /** Has the first bytes copied to the device; they must not change before the step is done. */
    void upload(CUstream stream, long bytes) {
        if (bytes > 0) {
            Cuda.check(
                    JCudaDriver.cuMemcpyHtoDAsync(device.pointer(), pinned.pointer(), bytes, stream),
                    "upload of an input");
        }
    }

    /** Has the first bytes copied from the device, when everything before in the stream is done. */
    void download(CUstream stream, long bytes) {
        if (bytes > 0) {
            Cuda.check(
                    JCudaDriver.cuMemcpyDtoHAsync(pinned.pointer(), device.pointer(), bytes, stream),
                    "download of an output");
        }
    }
}
