package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.util.Optional;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.support.FoundDevice;

/**
 * What a device says of itself.
 *
 * @param platformIndex position among the platforms
 * @param deviceIndex position among the platform's devices
 * @param identity platform, device and driver with their versions: what compiled programs depend on
 * @param processor whether it is the kind of device whose work items are loops
 * @param maxAllocation bytes of the largest buffer
 * @param alignment bytes that the offset of a part of a buffer must be a multiple of
 */
record ClDeviceInfo(
        int platformIndex,
        int deviceIndex,
        cl_platform_id platform,
        cl_device_id device,
        String platformName,
        String name,
        String identity,
        boolean processor,
        int computeUnits,
        int maxGroup,
        long localMemory,
        long memory,
        long maxAllocation,
        long alignment,
        Optional<String> unusable)
        implements FoundDevice {
    /** Bytes of local memory the largest kernel takes, with some left for the compiler. */
    private static final long LOCAL_MEMORY_NEEDED = 24 * 1024;

    static ClDeviceInfo of(int platformIndex, int deviceIndex, cl_platform_id platform, cl_device_id device) {
        String version = Cl.string(device, CL_DEVICE_VERSION);
        String name = Cl.string(device, CL_DEVICE_NAME);
        String identity = String.join(
                "\n",
                Cl.string(platform, CL_PLATFORM_NAME),
                Cl.string(platform, CL_PLATFORM_VERSION),
                name,
                version,
                Cl.string(device, CL_DRIVER_VERSION));
        long local = Cl.number(device, CL_DEVICE_LOCAL_MEM_SIZE);
        return new ClDeviceInfo(
                platformIndex,
                deviceIndex,
                platform,
                device,
                Cl.string(platform, CL_PLATFORM_NAME),
                name,
                identity,
                (Cl.number(device, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_CPU) != 0,
                (int) Cl.number(device, CL_DEVICE_MAX_COMPUTE_UNITS),
                (int) Cl.number(device, CL_DEVICE_MAX_WORK_GROUP_SIZE),
                local,
                Cl.number(device, CL_DEVICE_GLOBAL_MEM_SIZE),
                Cl.number(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
                Math.max(64, (Cl.number(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN) & 0xffffffffL) / 8),
                unusable(device, version, local));
    }

    private static Optional<String> unusable(cl_device_id device, String version, long local) {
        if (version.startsWith("OpenCL 1.0") || version.startsWith("OpenCL 1.1")) {
            return Optional.of("it is a device of " + version + ", OpenCL 1.2 is needed; update its driver");
        }
        if ((Cl.number(device, CL_DEVICE_AVAILABLE) & 1) == 0) {
            return Optional.of("the driver says the device is not available");
        }
        if ((Cl.number(device, CL_DEVICE_COMPILER_AVAILABLE) & 1) == 0) {
            return Optional.of("its driver has no compiler, kernels are compiled on the machine they run on");
        }
        if ((Cl.number(device, CL_DEVICE_ENDIAN_LITTLE) & 1) == 0) {
            return Optional.of("it is big endian, model files are little endian");
        }
        if ((Cl.number(device, CL_DEVICE_ADDRESS_BITS) & 0xffffffffL) < 64) {
            return Optional.of("it has 32-bit addresses, 64-bit ones are needed");
        }
        if (local < LOCAL_MEMORY_NEEDED) {
            return Optional.of("it has " + MemoryPlan.human(local) + " of local memory, "
                    + MemoryPlan.human(LOCAL_MEMORY_NEEDED) + " are needed");
        }
        return Optional.empty();
    }

    @Override
    public String selector() {
        return "opencl:" + platformIndex + ":" + deviceIndex;
    }

    @Override
    public String description() {
        return name + " (" + platformName + "), " + computeUnits
                + (computeUnits == 1 ? " compute unit" : " compute units") + ", " + MemoryPlan.human(memory);
    }
}
