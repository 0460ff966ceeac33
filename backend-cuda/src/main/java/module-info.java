/** The CUDA backend, through JCuda's driver API. */
module org.sluice.backend.cuda {
    requires org.sluice.core;
    requires org.sluice.natives;
    requires jcuda;
    requires static org.jspecify;

    exports org.sluice.backend.cuda;

    provides org.sluice.backend.Backend with
            org.sluice.backend.cuda.CudaBackend;
}
