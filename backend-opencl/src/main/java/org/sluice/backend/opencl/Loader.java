package org.sluice.backend.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;

/** Whether the library that finds OpenCL drivers is on the machine: JOCL's own answer to that is an obscure one. */
final class Loader {
    static final String REMEDY =
            "the OpenCL loader is not installed (libOpenCL.so.1; Debian: ocl-icd-libopencl1), nor then a driver";

    private static final List<String> NAMES = List.of(
            "libOpenCL.so.1", "libOpenCL.so", "OpenCL.dll", "/System/Library/Frameworks/OpenCL.framework/OpenCL");
    private static final boolean PRESENT = NAMES.stream().anyMatch(Loader::loads);

    private Loader() {}

    static boolean isPresent() {
        return PRESENT;
    }

    private static boolean loads(String name) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(name, arena);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
