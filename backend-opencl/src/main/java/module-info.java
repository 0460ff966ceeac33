/** The OpenCL backend, through JOCL. */
module org.sluice.backend.opencl {
    requires org.sluice.core;
    requires org.sluice.natives;
    requires jocl;
    requires static org.jspecify;

    exports org.sluice.backend.opencl;

    provides org.sluice.backend.Backend with
            org.sluice.backend.opencl.OpenClBackend;
}
