package org.sluice.backend.cuda;

import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;

/**
 * Which kernel runs a call: a fast one of {@code native/cuda} where there is one for its shapes, else the portable one.
 *
 * @param image where it is
 * @param name its name
 * @param shape how it is launched
 */
record KernelChoice(String image, String name, Shape shape) {
    /** Work items of a portable kernel's group, and how many of them share a dot product: what the images are built for. */
    static final int GROUP = 256;

    static final int LANES = 32;

    /** Groups along both dimensions, and the threads of one. */
    record Shape(int block, Axis x, Axis y) {}

    /** The portable kernel of a call. */
    static KernelChoice portable(Call call) {
        return new KernelChoice(
                KernelLibrary.image(call.build()),
                call.name(),
                new Shape(GROUP, call.launch().x(), call.launch().y()));
    }
}
