package org.sluice.backend.cuda;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
import static jcuda.driver.CUjit_option.CU_JIT_ERROR_LOG_BUFFER;
import static jcuda.driver.CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES;
import static jcuda.driver.CUresult.CUDA_SUCCESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.support.kernels.Call;
import org.sluice.error.BackendException;
import org.sluice.natives.CudaImages;

/** Kernels of one device: their images are handed to the driver when first asked for. Thread-safe. */
final class KernelLibrary implements AutoCloseable {
    private static final int LOG = 16 << 10;

    private final CudaContext context;
    private final CudaDeviceInfo info;
    private final Map<String, CUmodule> modules = new HashMap<>();

    KernelLibrary(CudaContext context, CudaDeviceInfo info) {
        this.context = context;
        this.info = info;
    }

    /** The image that a source compiled for its defines is kept as, such as {@code matmul-F8_E4M3-scaled}. */
    static String image(Call.Build build) {
        String base = build.file().substring(0, build.file().lastIndexOf('.'));
        return base
                + build.defines().stream()
                        .map(d -> "-" + (d.startsWith("WEIGHT_") ? d.substring(7) : d.toLowerCase(Locale.ROOT)))
                        .collect(Collectors.joining());
    }

    /** Whether there are kernels of a source compiled for its defines. */
    static boolean has(Call.Build build) {
        return CudaImages.names().contains(image(build));
    }

    /**
     * A kernel of an image.
     *
     * @param shared bytes of shared memory that launches pass
     * @throws BackendException where the device does not take the image, with the driver's log
     */
    synchronized CUfunction function(String image, String name, int shared) {
        try (var _ = context.enter()) {
            CUmodule module = modules.get(image);
            if (module == null) {
                module = load(image);
                modules.put(image, module);
            }
            CUfunction function = new CUfunction();
            Cuda.check(
                    JCudaDriver.cuModuleGetFunction(function, module, name), "finding kernel " + name + " in " + image);
            if (shared > 0) {
                Cuda.check(
                        JCudaDriver.cuFuncSetAttribute(
                                function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared),
                        "giving " + name + " " + shared + " bytes of shared memory");
            }
            return function;
        }
    }

    private CUmodule load(String image) {
        Optional<byte[]> binary = CudaImages.fatbin(image);
        if (binary.isPresent()) {
            CUmodule module = new CUmodule();
            if (JCudaDriver.cuModuleLoadData(module, binary.get()) == CUDA_SUCCESS) {
                return module;
            }
        }
        byte[] ptx = CudaImages.image(image)
                .orElseThrow(() -> new BackendException("CUDA: this build has no kernels '" + image
                        + "'; it has those of " + CudaImages.names().size() + " other images"));
        return compile(image, ptx);
    }

    /** Has the driver compile PTX for the device. */
    private CUmodule compile(String image, byte[] ptx) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(ValueLayout.JAVA_BYTE, ptx);
            MemorySegment log = arena.allocate(LOG);
            MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_LONG, log.address(), (long) LOG);
            CUmodule module = new CUmodule();
            int result = JCudaDriver.cuModuleLoadDataEx(
                    module,
                    new HostAddress(text),
                    2,
                    new int[] {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES},
                    new HostAddress(values));
            if (result != CUDA_SUCCESS) {
                String words = log.getString(0).strip();
                throw new BackendException("CUDA: the driver refused the kernels " + image + " for " + info.name()
                        + " with " + Cuda.name(result) + (words.isEmpty() ? "" : "; it says: " + words)
                        + "; update the driver, or take another device or backend");
            }
            return module;
        }
    }

    @Override
    public synchronized void close() {
        try (var _ = context.enter()) {
            modules.values().forEach(JCudaDriver::cuModuleUnload);
            modules.clear();
        }
    }

    /** Memory of the host as JCuda wants it. */
    static final class HostAddress extends Pointer {
        HostAddress(MemorySegment memory) {
            super(memory.address());
        }
    }
}
