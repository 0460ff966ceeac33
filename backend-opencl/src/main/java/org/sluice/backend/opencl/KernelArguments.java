package org.sluice.backend.opencl;

import static org.jocl.CL.clSetKernelArg;

import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.sluice.backend.support.kernels.ArgumentSink;
import org.sluice.backend.support.kernels.Slabs;

/** Sets a kernel's arguments one after the other. */
final class KernelArguments implements ArgumentSink<DeviceBuffer> {
    private final cl_kernel kernel;
    private final DeviceBuffer nothing;
    private int index;
    private int firstSlab = -1;

    KernelArguments(cl_kernel kernel, DeviceBuffer nothing) {
        this.kernel = kernel;
        this.nothing = nothing;
    }

    @Override
    public void buffer(DeviceBuffer b) {
        set(kernel, index++, b);
    }

    /** Memory that pointers in a list are relative to. */
    void root(cl_mem memory) {
        Cl.check(clSetKernelArg(kernel, index, Sizeof.cl_mem, Pointer.to(memory)), "argument " + index);
        index++;
    }

    @Override
    public void step(DeviceBuffer b) {
        buffer(b);
    }

    @Override
    public void number(int v) {
        set(Sizeof.cl_int, Pointer.to(new int[] {v}));
    }

    @Override
    public void number(long v) {
        set(Sizeof.cl_long, Pointer.to(new long[] {v}));
    }

    @Override
    public void number(float v) {
        set(Sizeof.cl_float, Pointer.to(new float[] {v}));
    }

    @Override
    public void pages(long pageFloats, long stateAt) {
        slabs();
        number(pageFloats);
        number(stateAt);
    }

    /** Room for the slabs of pages, which are set when they exist. */
    void slabs() {
        firstSlab = index;
        for (int i = 0; i < Slabs.MOST; i++) {
            buffer(nothing);
        }
    }

    int firstSlab() {
        return firstSlab;
    }

    private void set(int size, Pointer value) {
        Cl.check(clSetKernelArg(kernel, index, size, value), "argument " + index);
        index++;
    }

    static void set(cl_kernel kernel, int index, DeviceBuffer b) {
        Cl.check(clSetKernelArg(kernel, index, Sizeof.cl_mem, Pointer.to(b.memory())), "argument " + index);
    }
}
