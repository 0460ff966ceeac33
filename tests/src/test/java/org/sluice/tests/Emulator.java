package org.sluice.tests;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.sluice.backend.support.SystemLibrary;

/**
 * The emulated CUDA driver, on machines that have none: its device is this processor, and its kernels are those of the real one,
 * compiled by the C++ compiler. The native module builds it; {@code -Dsluice.emulator=PATH} names another one, {@code
 * -Dsluice.emulator=none} leaves it out.
 */
public final class Emulator {
    private static final String PROPERTY = "sluice.cuda.driver";
    private static final Optional<Path> LIBRARY = find();

    private Emulator() {}

    /** Makes the CUDA backend find the emulated driver where there is no real one; must come before its first use. */
    public static boolean install() {
        return LIBRARY.isPresent();
    }

    /** The library, where it stands in for the driver. */
    public static Optional<Path> library() {
        return LIBRARY;
    }

    private static Optional<Path> find() {
        if (SystemLibrary.loads("libcuda.so.1")
                || !System.getProperty(PROPERTY, "").isEmpty()) {
            return Optional.empty();
        }
        Path library = Path.of(System.getProperty("sluice.emulator", "../native/target/cuda-emulator/libcuda.so.1"))
                .toAbsolutePath()
                .normalize();
        if (!Files.isRegularFile(library)) {
            return Optional.empty();
        }
        System.setProperty(PROPERTY, library.toString());
        return Optional.of(library);
    }

    /** Changes how it behaves. */
    public static void set(String key, long value) {
        try (Arena arena = Arena.ofConfined()) {
            Calls.SET.invokeExact(arena.allocateFrom(key), value);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** What it has counted. */
    public static long get(String key) {
        try (Arena arena = Arena.ofConfined()) {
            return (long) Calls.GET.invokeExact(arena.allocateFrom(key));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Calls {
        private static final SymbolLookup LIBRARY =
                SymbolLookup.libraryLookup(Emulator.LIBRARY.orElseThrow(), Arena.global());
        private static final MethodHandle SET =
                function("sluice_emulator_set", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        private static final MethodHandle GET =
                function("sluice_emulator_get", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));

        private static MethodHandle function(String name, FunctionDescriptor type) {
            return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), type);
        }
    }
}
