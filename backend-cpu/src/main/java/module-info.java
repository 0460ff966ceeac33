/** The CPU backend: reference, Vector API and native kernels. */
module org.sluice.backend.cpu {
    requires org.sluice.core;
    requires org.sluice.natives;
    requires jdk.incubator.vector;
    requires jdk.management;
    requires static org.jspecify;

    exports org.sluice.backend.cpu;

    provides org.sluice.backend.Backend with
            org.sluice.backend.cpu.CpuBackend;
}
