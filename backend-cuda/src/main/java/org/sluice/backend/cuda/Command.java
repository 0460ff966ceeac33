package org.sluice.backend.cuda;

import static jcuda.driver.CUresult.CUDA_SUCCESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;

/** A kernel with its arguments, to be launched or captured. Not safe for use by several threads. */
final class Command {
    private final Call call;
    private final CUfunction function;
    private final KernelChoice.Shape shape;
    private final MemorySegment values;
    private final Pointer parameters;
    private final int firstSlab;

    /**
     * A command.
     *
     * @param shape how it is launched
     * @param arguments each in eight bytes of its own
     * @param firstSlab index of the first of the arguments for pages, or −1
     */
    Command(Call call, CUfunction function, KernelChoice.Shape shape, Arena arena, long[] arguments, int firstSlab) {
        this.call = call;
        this.function = function;
        this.shape = shape;
        this.firstSlab = firstSlab;
        values = arena.allocateFrom(ValueLayout.JAVA_LONG, arguments);
        MemorySegment pointers = arena.allocate(ValueLayout.JAVA_LONG, arguments.length);
        for (int i = 0; i < arguments.length; i++) {
            pointers.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + 8L * i);
        }
        parameters = new KernelLibrary.HostAddress(pointers);
    }

    Call call() {
        return call;
    }

    boolean knowsPages() {
        return firstSlab >= 0;
    }

    void slab(int index, DeviceBuffer slab) {
        values.setAtIndex(ValueLayout.JAVA_LONG, firstSlab + index, slab.address());
    }

    /** Launches it, unless the step has nothing for it to do. */
    boolean enqueue(CUstream stream, int rows, int outputs, int context) {
        if (!call.launch().runs(rows, outputs, context)) {
            return false;
        }
        Axis x = shape.x();
        Axis y = shape.y();
        long groupsX = x.groups(rows, outputs, context);
        long groupsY = y.groups(rows, outputs, context);
        if (groupsX <= 0 || groupsY <= 0) {
            return false;
        }
        int result = JCudaDriver.cuLaunchKernel(
                function,
                (int) groupsX,
                (int) groupsY,
                1,
                shape.block(),
                1,
                1,
                shape.shared(),
                stream,
                parameters,
                null);
        if (result != CUDA_SUCCESS) {
            Cuda.check(result, call.name());
        }
        return true;
    }
}
