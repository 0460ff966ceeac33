package org.sluice.backend.opencl;

import java.util.List;
import org.sluice.backend.support.SystemLibrary;

/** Whether the library that finds OpenCL drivers is on the machine: JOCL's own answer to that is an obscure one. */
final class Loader {
    static final String REMEDY =
            "the OpenCL loader is not installed (libOpenCL.so.1; Debian: ocl-icd-libopencl1), nor then a driver";

    private static final List<String> NAMES = List.of(
            "libOpenCL.so.1", "libOpenCL.so", "OpenCL.dll", "/System/Library/Frameworks/OpenCL.framework/OpenCL");
    private static final boolean PRESENT = NAMES.stream().anyMatch(SystemLibrary::loads);

    private Loader() {}

    static boolean isPresent() {
        return PRESENT;
    }
}
