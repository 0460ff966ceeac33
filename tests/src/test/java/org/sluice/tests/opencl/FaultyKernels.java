package org.sluice.tests.opencl;

import static org.jocl.CL.*;

import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;
import org.jocl.cl_platform_id;
import org.jocl.cl_program;

/** Runs a kernel that lacks a barrier and one that writes behind its buffer: whoever checks kernels must find both. */
public final class FaultyKernels {
    private static final int ITEMS = 16;
    private static final String SOURCE = """
            __kernel void no_barrier(__global int *y) {
                __local int shared[16];
                shared[get_local_id(0)] = 1;
                y[get_local_id(0)] = shared[15 - get_local_id(0)];
            }
            __kernel void out_of_bounds(__global int *y) {
                y[get_local_id(0) + 1] = 1;
            }
            """;

    private FaultyKernels() {}

    /** Runs both. */
    @SuppressWarnings("deprecation") // the successor of clCreateCommandQueue is OpenCL 2.0
    public static void main(String[] args) {
        CL.setExceptionsEnabled(true);
        cl_platform_id[] platforms = new cl_platform_id[1];
        clGetPlatformIDs(1, platforms, null);
        cl_device_id[] devices = new cl_device_id[1];
        clGetDeviceIDs(platforms[0], CL_DEVICE_TYPE_ALL, 1, devices, null);
        cl_context context = clCreateContext(null, 1, devices, null, null, null);
        cl_command_queue queue = clCreateCommandQueue(context, devices[0], 0, null);
        cl_program program = clCreateProgramWithSource(context, 1, new String[] {SOURCE}, null, null);
        clBuildProgram(program, 1, devices, null, null, null);
        cl_mem y = clCreateBuffer(context, CL_MEM_READ_WRITE, (long) ITEMS * Sizeof.cl_int, null, null);
        for (String name : new String[] {"no_barrier", "out_of_bounds"}) {
            cl_kernel kernel = clCreateKernel(program, name, null);
            clSetKernelArg(kernel, 0, Sizeof.cl_mem, Pointer.to(y));
            clEnqueueNDRangeKernel(queue, kernel, 1, null, new long[] {ITEMS}, new long[] {ITEMS}, 0, null, null);
        }
        clFinish(queue);
    }
}
