package org.sluice.tests.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.Device;
import org.sluice.backend.OpTiming;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.RandomBlocks;

/** What a device can do at most, measured: bytes it copies, and products of bfloat16 matrices by the project's own kernel. */
final class DeviceRates {
    private static final int COPIES = 10;
    private static final int PATTERN = 1 << 20;

    private DeviceRates() {}

    /** Bytes of device memory that nobody has taken. */
    static long free() {
        return inContext(() -> {
            long[] free = new long[1];
            check(JCudaDriver.cuMemGetInfo(free, new long[1]));
            return free[0];
        });
    }

    /** A copy within the device: bytes read and bytes written, over the median time. */
    static Map<String, Object> copy(long bytes) {
        return inContext(() -> {
            CUdeviceptr from = new CUdeviceptr();
            CUdeviceptr to = new CUdeviceptr();
            check(JCudaDriver.cuMemAlloc(from, bytes));
            check(JCudaDriver.cuMemAlloc(to, bytes));
            fill(from, bytes);
            double[] seconds = new double[COPIES];
            // the first goes uncounted
            for (int i = -1; i < COPIES; i++) {
                double s = copySeconds(from, to, bytes);
                if (i >= 0) {
                    seconds[i] = s;
                }
            }
            check(JCudaDriver.cuMemFree(from));
            check(JCudaDriver.cuMemFree(to));
            double median = median(seconds);
            Map<String, Object> m = new LinkedHashMap<>();
            m.put("bytes", 2 * bytes);
            m.put("seconds", median);
            m.put("bytesPerSecond", rate(2.0 * bytes, median));
            return m;
        });
    }

    private static double copySeconds(CUdeviceptr from, CUdeviceptr to, long bytes) {
        CUevent start = new CUevent();
        CUevent end = new CUevent();
        check(JCudaDriver.cuEventCreate(start, 0));
        check(JCudaDriver.cuEventCreate(end, 0));
        check(JCudaDriver.cuEventRecord(start, null));
        check(JCudaDriver.cuMemcpyDtoDAsync(to, from, bytes, null));
        check(JCudaDriver.cuEventRecord(end, null));
        check(JCudaDriver.cuEventSynchronize(end));
        float[] millis = new float[1];
        check(JCudaDriver.cuEventElapsedTime(millis, start, end));
        check(JCudaDriver.cuEventDestroy(start));
        check(JCudaDriver.cuEventDestroy(end));
        return millis[0] / 1e3;
    }

    /** Random bytes, as zeros can be moved faster. */
    private static void fill(CUdeviceptr to, long bytes) {
        byte[] pattern = new byte[(int) Math.min(PATTERN, bytes)];
        new Random(1).nextBytes(pattern);
        check(JCudaDriver.cuMemcpyHtoD(to, Pointer.to(pattern), pattern.length));
        for (long have = pattern.length; have < bytes; have *= 2) {
            long n = Math.min(have, bytes - have);
            check(JCudaDriver.cuMemcpyDtoDAsync(to.withByteOffset(have), to, n, null));
        }
    }

    /** A large product on tensor cores, activations rounded to bfloat16 on the way. */
    static Map<String, Object> product(Device device, int size, int repetitions) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment data = arena.allocate(DType.BF16.bytes((long) size * size), 64);
            RandomBlocks.of(DType.BF16, 1 / Math.sqrt(size)).fill(data, 1);
            GraphBuilder g = new GraphBuilder();
            Value x = g.input("x", TensorSpec.f32(Shape.ROWS, size));
            Value y = g.matmul(Weight.of("w", DType.BF16, Shape.of(size, size), data), x);
            g.output("y", g.gatherRows(y));
            try (Program program = device.compile(g.build(), new ProgramOptions(size, 1, size));
                    Sequence sequence = program.newSequence()) {
                MemorySegment in = program.input("x");
                Random random = new Random(2);
                for (long i = 0; i < (long) size * size; i++) {
                    in.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
                }
                double[] seconds = new double[repetitions];
                for (int i = -1; i < repetitions; i++) {
                    double s = productSeconds(program, sequence, size);
                    if (i >= 0) {
                        seconds[i] = s;
                    }
                }
                double median = median(seconds);
                double flops = 2.0 * size * size * size;
                Map<String, Object> m = new LinkedHashMap<>();
                m.put("kernel", "gemm of native/cuda, bfloat16 weights, with the rounding of activations");
                m.put("size", size);
                m.put("flops", flops);
                m.put("seconds", median);
                m.put("flopsPerSecond", rate(flops, median));
                return m;
            }
        }
    }

    private static double productSeconds(Program program, Sequence sequence, int rows) {
        program.profile(true);
        sequence.truncate(0);
        Step step = new Step(rows);
        step.add(sequence, rows);
        step.want(rows - 1);
        program.run(step);
        double nanos = program.timings().stream()
                .filter(t -> t.kind().startsWith("Matmul"))
                .mapToLong(OpTiming::nanos)
                .sum();
        program.profile(false);
        return nanos / 1e9;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Something per second; 0 where the clock has not moved. */
    static double rate(double amount, double seconds) {
        return seconds > 0 ? amount / seconds : 0;
    }

    private interface Use<T> {
        T run();
    }

    /** Runs something in the first device's context; the driver has been loaded by whoever opened a device before. */
    private static <T> T inContext(Use<T> use) {
        check(JCudaDriver.cuInit(0));
        CUdevice device = new CUdevice();
        CUcontext context = new CUcontext();
        check(JCudaDriver.cuDeviceGet(device, 0));
        check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        check(JCudaDriver.cuCtxPushCurrent(context));
        try {
            return use.run();
        } finally {
            JCudaDriver.cuCtxPopCurrent(context);
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
        }
    }

    private static void check(int result) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new IllegalStateException("the driver: " + CUresult.stringFor(result));
        }
    }
}
