package org.sluice.backend.opencl;

import static org.jocl.CL.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.support.Discovery;
import org.sluice.backend.support.SystemLibrary;
import org.sluice.error.BackendException;

/** Looks for platforms and devices, and for the reason where there are none. */
final class Platforms {
    private static final int PLATFORM_NOT_FOUND = -1001;

    private Platforms() {}

    static Discovery<ClDeviceInfo> discover() {
        List<ClDeviceInfo> devices = new ArrayList<>();
        List<DeviceListing.Missing> missing = new ArrayList<>();
        try {
            platforms(devices, missing);
        } catch (LinkageError | RuntimeException e) {
            missing.add(new DeviceListing.Missing("opencl", "OpenCL cannot be used: " + e.getMessage() + vendors()));
        }
        return new Discovery<>(devices, missing);
    }

    private static void platforms(List<ClDeviceInfo> devices, List<DeviceListing.Missing> missing) {
        if (!Loader.isPresent()) {
            missing.add(new DeviceListing.Missing("opencl", Loader.REMEDY));
            return;
        }
        int[] count = new int[1];
        int status = clGetPlatformIDs(0, null, count);
        if (status != CL_SUCCESS || count[0] == 0) {
            String what = status == PLATFORM_NOT_FOUND || status == CL_SUCCESS
                    ? "there is no OpenCL platform"
                    : "clGetPlatformIDs failed with " + Cl.name(status);
            missing.add(new DeviceListing.Missing("opencl", what + vendors()));
            return;
        }
        cl_platform_id[] platforms = new cl_platform_id[count[0]];
        Cl.check(clGetPlatformIDs(platforms.length, platforms, null), "clGetPlatformIDs");
        for (int p = 0; p < platforms.length; p++) {
            try {
                devices(p, platforms[p], devices, missing);
            } catch (BackendException e) {
                missing.add(new DeviceListing.Missing("opencl:" + p, String.valueOf(e.getMessage())));
            }
        }
        // the loader leaves out without a word what it cannot load
        icds().stream()
                .flatMap(icd -> broken(icd).stream())
                .forEach(reason -> missing.add(new DeviceListing.Missing("opencl", reason)));
    }

    private static void devices(
            int p, cl_platform_id platform, List<ClDeviceInfo> devices, List<DeviceListing.Missing> missing) {
        int[] count = new int[1];
        int status = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, null, count);
        if (status == CL_DEVICE_NOT_FOUND || (status == CL_SUCCESS && count[0] == 0)) {
            missing.add(new DeviceListing.Missing(
                    "opencl:" + p,
                    "the platform " + Cl.string(platform, CL_PLATFORM_NAME)
                            + " has no device; check that its hardware is there and may be opened"));
            return;
        }
        Cl.check(status, "listing the devices of " + Cl.string(platform, CL_PLATFORM_NAME));
        cl_device_id[] ids = new cl_device_id[count[0]];
        Cl.check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, ids.length, ids, null), "clGetDeviceIDs");
        for (int d = 0; d < ids.length; d++) {
            devices.add(ClDeviceInfo.of(p, d, platform, ids[d]));
        }
    }

    /** Which drivers are registered, and which of them do not load: the usual reasons for an empty list of platforms. */
    private static String vendors() {
        List<Path> files = icds();
        return files.isEmpty()
                ? "; no driver is registered in " + folder() + ", install one (for the CPU: pocl-opencl-icd)"
                : "; "
                        + files.stream()
                                .map(f -> broken(f).orElse(f + " names a driver that loads but offers no platform"))
                                .collect(Collectors.joining("; "));
    }

    private static Path folder() {
        String given = System.getenv("OCL_ICD_VENDORS");
        return Path.of(given == null || given.isEmpty() ? "/etc/OpenCL/vendors" : given);
    }

    /** The files that register drivers; none where the folder is not there or cannot be read. */
    private static List<Path> icds() {
        Path folder = folder();
        if (Files.isRegularFile(folder)) {
            return List.of(folder);
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".icd")).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Why a registered driver cannot be used, if it cannot. */
    private static Optional<String> broken(Path icd) {
        try {
            String library = Files.readString(icd).strip();
            return SystemLibrary.loads(library)
                    ? Optional.empty()
                    : Optional.of(icd + " names " + library + ", which does not load; install or remove that driver");
        } catch (IOException e) {
            return Optional.of(icd + " cannot be read: " + e.getMessage());
        }
    }
}
