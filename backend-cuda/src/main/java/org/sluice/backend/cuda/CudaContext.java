package org.sluice.backend.cuda;

import jcuda.driver.CUcontext;
import jcuda.driver.JCudaDriver;

/**
 * A device's primary context, which is made current for a thread only while that thread works for us: an application may use
 * the same thread with contexts of its own. Safe for use by several threads.
 */
final class CudaContext implements AutoCloseable {
    /** While it is open, the context is the thread's current one. */
    interface Use extends AutoCloseable {
        @Override
        void close();
    }

    private final CudaDeviceInfo info;
    private final CUcontext context;
    private final Use leave = () -> JCudaDriver.cuCtxPopCurrent(new CUcontext());

    private CudaContext(CudaDeviceInfo info, CUcontext context) {
        this.info = info;
        this.context = context;
    }

    static CudaContext retain(CudaDeviceInfo info) {
        CUcontext context = new CUcontext();
        Cuda.check(JCudaDriver.cuDevicePrimaryCtxRetain(context, info.device()), "opening " + info.name());
        return new CudaContext(info, context);
    }

    /** Makes it current; uses may be nested. */
    Use enter() {
        Cuda.check(JCudaDriver.cuCtxPushCurrent(context), "cuCtxPushCurrent");
        return leave;
    }

    @Override
    public void close() {
        // frees what a lost device did not give back
        JCudaDriver.cuDevicePrimaryCtxRelease(info.device());
    }
}
