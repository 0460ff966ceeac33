package org.sluice.backend.cpu.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The C library's heap: blocks that are freed one by one, from any thread, without asking all threads whether they may be. */
public final class Heap {
    private static final MethodHandle MALLOC =
            handle("malloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle CALLOC = handle(
            "calloc", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = handle("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    private Heap() {}

    private static MethodHandle handle(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }

    /** Address of a block with undefined content, or 0 where there is no memory. */
    public static long allocate(long bytes) {
        try {
            return (long) MALLOC.invokeExact(bytes);
        } catch (Throwable e) {
            throw new IllegalStateException("malloc cannot be called", e);
        }
    }

    /**
     * Zeros that take memory only where they are touched, unlike those of {@link Arena#allocate}: hundreds of megabytes for the
     * longest step would otherwise be written before the first one begins.
     *
     * @param bytes at least 1
     * @param alignment a power of 2
     * @param arena the block is freed when it is closed
     */
    public static MemorySegment zeros(long bytes, long alignment, Arena arena) {
        long block;
        try {
            block = (long) CALLOC.invokeExact(1L, bytes + alignment);
        } catch (Throwable e) {
            throw new IllegalStateException("calloc cannot be called", e);
        }
        if (block == 0) {
            throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
        }
        long start = (block + alignment - 1) & -alignment;
        LargePages.ask(start, bytes);
        return MemorySegment.ofAddress(start).reinterpret(bytes, arena, s -> free(block));
    }

    /** Frees a block; 0 is none. */
    public static void free(long block) {
        try {
            FREE.invokeExact(block);
        } catch (Throwable e) {
            throw new IllegalStateException("free cannot be called", e);
        }
    }
}
