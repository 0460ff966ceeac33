package org.sluice.backend.opencl;

/** Takes what a kernel is handed, in the order of its parameters. */
interface ArgumentSink {
    /** A pointer. */
    void buffer(DeviceBuffer b);

    /** The pointer to the facts of the step, which is every kernel's last. */
    void step(DeviceBuffer b);

    void number(int v);

    void number(long v);

    void number(float v);

    /** The slabs of pages, the elements of a page and where a state starts in it. */
    void pages(long pageFloats, long stateAt);
}
