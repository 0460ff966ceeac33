package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;
import org.sluice.backend.support.kernels.Call;
import org.sluice.error.BackendException;
import org.sluice.natives.PortableKernels;

/** Compiled kernels of one device: built when first asked for, from the cache on disk where it has them. Thread-safe. */
final class KernelLibrary implements AutoCloseable {
    private final cl_context context;
    private final ClDeviceInfo device;
    private final ProgramCache cache;
    private final UnaryOperator<String> sources;
    private final int group;
    private final int lanes;
    private final Map<String, cl_program> programs = new HashMap<>();
    private int compiled;

    KernelLibrary(cl_context context, ClDeviceInfo device, ProgramCache cache) {
        this(context, device, cache, PortableKernels::source);
    }

    /** @param sources gives the text of a file of kernels */
    KernelLibrary(cl_context context, ClDeviceInfo device, ProgramCache cache, UnaryOperator<String> sources) {
        this.context = context;
        this.device = device;
        this.cache = cache;
        this.sources = sources;
        // the property lets the shape of a GPU be tried on a processor
        int wanted = Integer.getInteger("sluice.opencl.group", device.processor() ? 1 : 256);
        group = Integer.highestOneBit(Math.clamp(wanted, 1, Math.min(256, device.maxGroup())));
        lanes = Math.min(32, group);
    }

    /** Work items in a work group of every kernel. */
    int group() {
        return group;
    }

    /** Work items that share a dot product. */
    int lanes() {
        return lanes;
    }

    /** Programs that were compiled because no cache had them. */
    synchronized int compiled() {
        return compiled;
    }

    /** A kernel of a source compiled for its defines. */
    cl_kernel kernel(Call.Build source, String name) {
        return kernel(
                source.file(), source.defines().stream().map(d -> " -D" + d).collect(Collectors.joining()), name);
    }

    private synchronized cl_kernel kernel(String file, String options, String name) {
        cl_program program = programs.computeIfAbsent(file + options, k -> build(file, options));
        int[] status = new int[1];
        cl_kernel kernel = clCreateKernel(program, name, status);
        Cl.check(status[0], "kernel " + name);
        long[] most = new long[1];
        Cl.check(
                clGetKernelWorkGroupInfo(
                        kernel, device.device(), CL_KERNEL_WORK_GROUP_SIZE, Sizeof.size_t, Pointer.to(most), null),
                "clGetKernelWorkGroupInfo");
        if (most[0] < group) {
            throw new BackendException("OpenCL: kernel " + name + " runs with at most " + most[0]
                    + " work items in a group on " + device.name() + ", not " + group
                    + "; start java with -Dsluice.opencl.group=" + Long.highestOneBit(Math.max(1, most[0])));
        }
        return kernel;
    }

    private cl_program build(String file, String more) {
        String source = sources.apply(file);
        // see vec16.h
        String sums = device.platformName().contains("Oclgrind") ? " -DSCALAR_SUMS" : "";
        String options = "-cl-std=CL1.2 -DGROUP=" + group + " -DLANES=" + lanes + sums + more;
        String key = ProgramCache.key(source, options, device.identity());
        Optional<byte[]> binary = cache.load(key);
        if (binary.isPresent()) {
            Optional<cl_program> program = fromBinary(binary.get(), options);
            if (program.isPresent()) {
                return program.get();
            }
            cache.forget(key);
        }
        int[] status = new int[1];
        cl_program program =
                clCreateProgramWithSource(context, 1, new String[] {source}, new long[] {source.length()}, status);
        Cl.check(status[0], "clCreateProgramWithSource");
        int built = clBuildProgram(program, 1, new cl_device_id[] {device.device()}, options, null, null);
        if (built != CL_SUCCESS) {
            String where = writeLog(file, options, log(program));
            clReleaseProgram(program);
            throw new BackendException("OpenCL: the compiler of " + device.name() + " refused " + file + " ("
                    + Cl.name(built) + "); its log is in " + where);
        }
        compiled++;
        cache.store(key, binary(program));
        return program;
    }

    private Optional<cl_program> fromBinary(byte[] binary, String options) {
        int[] status = new int[1];
        cl_program program = clCreateProgramWithBinary(
                context,
                1,
                new cl_device_id[] {device.device()},
                new long[] {binary.length},
                new byte[][] {binary},
                new int[1],
                status);
        if (status[0] != CL_SUCCESS) {
            return Optional.empty();
        }
        if (clBuildProgram(program, 1, new cl_device_id[] {device.device()}, options, null, null) != CL_SUCCESS) {
            clReleaseProgram(program);
            return Optional.empty();
        }
        return Optional.of(program);
    }

    private static byte[] binary(cl_program program) {
        long[] size = new long[1];
        Cl.check(
                clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null),
                "clGetProgramInfo");
        byte[] bytes = new byte[(int) size[0]];
        Cl.check(
                clGetProgramInfo(program, CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(Pointer.to(bytes)), null),
                "clGetProgramInfo");
        return bytes;
    }

    private String log(cl_program program) {
        long[] size = new long[1];
        clGetProgramBuildInfo(program, device.device(), CL_PROGRAM_BUILD_LOG, 0, null, size);
        byte[] text = new byte[(int) size[0]];
        clGetProgramBuildInfo(program, device.device(), CL_PROGRAM_BUILD_LOG, text.length, Pointer.to(text), null);
        return Cl.trim(text);
    }

    private String writeLog(String file, String options, String log) {
        String text = device.identity() + "\n" + file + " " + options + "\n\n" + log + "\n";
        try {
            Files.createDirectories(cache.folder());
            Path to = cache.folder().resolve(file + ".log");
            Files.writeString(to, text);
            return to.toString();
        } catch (IOException e) {
            return "nowhere, as " + cache.folder() + " cannot be written: "
                    + log.lines().findFirst().orElse("");
        }
    }

    @Override
    public synchronized void close() {
        programs.values().forEach(org.jocl.CL::clReleaseProgram);
        programs.clear();
    }
}
