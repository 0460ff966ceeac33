package org.sluice.backend.cpu;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Backend;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.cpu.natives.NativeKernels;
import org.sluice.backend.cpu.vector.VectorKernels;
import org.sluice.error.BackendException;
import org.sluice.natives.CpuLibrary;

/**
 * Runs graphs on the processors of this machine. Selectors: {@code cpu} takes the fastest kernel set there is, {@code
 * cpu:native}, {@code cpu:vector} and {@code cpu:reference} a certain one; the system property {@code sluice.cpu} names one for plain {@code
 * cpu}.
 */
public final class CpuBackend implements Backend {
    private static final String NO_VECTOR = "the Vector API is not in this JVM: start java with"
            + " --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED";

    /** For {@link java.util.ServiceLoader}. */
    public CpuBackend() {}

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public List<DeviceListing> list() {
        List<DeviceListing> lines = new ArrayList<>();
        long memory = memory();
        Optional<String> missing = vectorMissing();
        CpuLibrary library = CpuLibrary.load();
        lines.add(
                library.available() && missing.isEmpty()
                        ? new DeviceListing.Found("cpu:native", nativeDescription(library, processors()), memory)
                        : new DeviceListing.Missing("cpu:native", missing.orElse(library.reason())));
        lines.add(
                missing.isEmpty()
                        ? new DeviceListing.Found("cpu:vector", vectorDescription(processors()), memory)
                        : new DeviceListing.Missing("cpu:vector", missing.get()));
        lines.add(new DeviceListing.Found("cpu:reference", "plain Java loops, for comparison", memory));
        return lines;
    }

    @Override
    public Device open(DeviceOptions options) {
        String set = options.rest().isEmpty() ? System.getProperty("sluice.cpu", "") : options.rest();
        int threads = options.threads().orElse(processors());
        long limit = options.memoryLimit().orElseGet(CpuBackend::memory);
        Path spill = options.spill().orElse(null);
        return switch (set) {
            case "reference" -> new CpuDevice("cpu:reference", "plain Java loops, one thread", null, 1, limit, spill);
            case "", "native" -> fast(set, options.exact(), threads, limit, spill);
            case "vector" -> vector("", threads, limit, spill);
            default ->
                throw new BackendException("the CPU backend has no kernels called '" + set
                        + "'; it has native, vector and reference (cpu:native, cpu:vector, cpu:reference)");
        };
    }

    @Override
    public boolean spills() {
        return true;
    }

    private static Device fast(String set, boolean exact, int threads, long limit, @Nullable Path spill) {
        CpuLibrary library = CpuLibrary.load();
        if (!library.available() && set.isEmpty()) {
            return vector(" (" + library.reason() + ")", threads, limit, spill);
        }
        requireVector();
        if (!library.available()) {
            throw new BackendException("cpu:native is not available: " + library.reason());
        }
        String description = nativeDescription(library, threads) + (exact ? ", exact" : "");
        return new CpuDevice("cpu:native", description, new NativeKernels(exact), threads, limit, spill);
    }

    private static Device vector(String why, int threads, long limit, @Nullable Path spill) {
        requireVector();
        return new CpuDevice(
                "cpu:vector", vectorDescription(threads) + why, new VectorKernels(), threads, limit, spill);
    }

    private static void requireVector() {
        Optional<String> missing = vectorMissing();
        if (missing.isPresent()) {
            throw new BackendException(missing.get());
        }
    }

    private static String nativeDescription(CpuLibrary library, int threads) {
        return "C kernels for " + library.variant() + ", " + threads + (threads == 1 ? " thread" : " threads");
    }

    private static String vectorDescription(int threads) {
        return "Vector API, " + VectorKernels.bits() + "-bit, " + threads + (threads == 1 ? " thread" : " threads");
    }

    private static Optional<String> vectorMissing() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? Optional.empty()
                : Optional.of(NO_VECTOR);
    }

    private static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** Bytes that programs may take: what the kernel calls available, or else what is free. */
    private static long memory() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemAvailable:")) {
                    return Math.min(Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024, total());
                }
            }
        } catch (IOException | NumberFormatException e) {
            // not Linux: the bean below knows less, but something
        }
        return total();
    }

    private static long total() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : Long.MAX_VALUE;
    }
}
