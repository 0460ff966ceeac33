/** Native kernels of the CPU backend and kernel sources of the GPU backends, with their bindings. */
module org.sluice.natives {
    requires static org.jspecify;
    requires org.tukaani.xz;

    exports org.sluice.natives;
    exports org.sluice.natives.jextract;
}
