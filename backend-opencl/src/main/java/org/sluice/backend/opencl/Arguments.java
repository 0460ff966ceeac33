package org.sluice.backend.opencl;

import static org.jocl.CL.clSetKernelArg;

import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import org.sluice.backend.support.kernels.Slabs;

/** Sets a kernel's arguments one after the other. */
final class Arguments {
    private final cl_kernel kernel;
    private final DeviceBuffer nothing;
    private int index;
    private int firstSlab = -1;

    Arguments(cl_kernel kernel, DeviceBuffer nothing) {
        this.kernel = kernel;
        this.nothing = nothing;
    }

    Arguments buffer(DeviceBuffer b) {
        set(kernel, index++, b);
        return this;
    }

    Arguments nothing() {
        return buffer(nothing);
    }

    Arguments number(int v) {
        return set(Sizeof.cl_int, Pointer.to(new int[] {v}));
    }

    Arguments number(long v) {
        return set(Sizeof.cl_long, Pointer.to(new long[] {v}));
    }

    Arguments number(float v) {
        return set(Sizeof.cl_float, Pointer.to(new float[] {v}));
    }

    /** Room for the slabs of pages, which are set when they exist, and where a state lies in a page. */
    Arguments slabs(long pageFloats, long stateAt) {
        firstSlab = index;
        for (int i = 0; i < Slabs.MOST; i++) {
            nothing();
        }
        return number(pageFloats).number(stateAt);
    }

    int firstSlab() {
        return firstSlab;
    }

    private Arguments set(int size, Pointer value) {
        Cl.check(clSetKernelArg(kernel, index, size, value), "argument " + index);
        index++;
        return this;
    }

    static void set(cl_kernel kernel, int index, DeviceBuffer b) {
        Cl.check(clSetKernelArg(kernel, index, Sizeof.cl_mem, Pointer.to(b.memory())), "argument " + index);
    }
}
