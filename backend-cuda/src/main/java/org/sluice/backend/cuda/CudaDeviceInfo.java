package org.sluice.backend.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.support.FoundDevice;

/**
 * What a device says of itself.
 *
 * @param index position among the devices
 * @param capability compute capability, ten times the major and once the minor number
 * @param driver CUDA version of the driver, such as 12040 for 12.4
 * @param multiprocessors streaming multiprocessors
 * @param shared bytes of shared memory that a block may be given at most
 * @param memory bytes of all its memory
 * @param unusable why it cannot be used, if it cannot
 */
record CudaDeviceInfo(
        int index,
        CUdevice device,
        String name,
        int capability,
        int driver,
        int multiprocessors,
        int shared,
        long memory,
        Optional<String> unusable)
        implements FoundDevice {
    /** Kernels are shipped as PTX for compute_80, which any later device takes. */
    static final int CAPABILITY = 80;

    /** The oldest driver whose compiler of PTX takes the version that the kernels are shipped in. */
    static final int DRIVER = 12_000;

    /** Kernels, a step's workspace and a few pages need about this much, without any weights. */
    static final long MEMORY = 64L << 20;

    static CudaDeviceInfo of(int index, int driver) {
        CUdevice device = new CUdevice();
        Cuda.check(JCudaDriver.cuDeviceGet(device, index), "cuDeviceGet");
        byte[] name = new byte[256];
        Cuda.check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        int capability = 10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        long[] memory = new long[1];
        Cuda.check(JCudaDriver.cuDeviceTotalMem(memory, device), "cuDeviceTotalMem");
        return new CudaDeviceInfo(
                index,
                device,
                text(name),
                capability,
                driver,
                attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
                memory[0],
                unusable(capability, driver, memory[0]));
    }

    private static Optional<String> unusable(int capability, int driver, long memory) {
        if (driver < DRIVER) {
            return Optional.of("its driver is one for CUDA " + version(driver) + ", the kernels need CUDA "
                    + version(DRIVER) + "; update the driver to 525 or later");
        }
        if (capability < CAPABILITY) {
            return Optional.of("its compute capability is " + capability / 10 + "." + capability % 10
                    + ", the kernels need 8.0 (Ampere) or later; use another device or backend");
        }
        if (memory < MEMORY) {
            return Optional.of("it has " + MemoryPlan.human(memory) + " of memory, " + MemoryPlan.human(MEMORY)
                    + " are needed without any weights");
        }
        return Optional.empty();
    }

    private static int attribute(CUdevice device, int which) {
        int[] value = new int[1];
        Cuda.check(JCudaDriver.cuDeviceGetAttribute(value, which, device), "cuDeviceGetAttribute " + which);
        return value[0];
    }

    private static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8).strip();
    }

    private static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    @Override
    public String selector() {
        return "cuda:" + index;
    }

    @Override
    public String description() {
        return name + ", compute capability " + capability / 10 + "." + capability % 10 + ", " + multiprocessors
                + " multiprocessors, driver for CUDA " + version(driver) + ", " + MemoryPlan.human(memory);
    }
}
