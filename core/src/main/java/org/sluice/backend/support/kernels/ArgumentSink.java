package org.sluice.backend.support.kernels;

/**
 * Takes what a kernel is handed, in the order of its parameters.
 *
 * @param <B> a piece of the device's memory
 */
public interface ArgumentSink<B> {
    /** A pointer. */
    void buffer(B b);

    /** The pointer to the facts of the step, which is every kernel's last. */
    void step(B b);

    /** A 32-bit integer. */
    void number(int v);

    /** A 64-bit integer. */
    void number(long v);

    /** A float. */
    void number(float v);

    /** The slabs of pages, the elements of a page and where a state starts in it. */
    void pages(long pageFloats, long stateAt);
}
