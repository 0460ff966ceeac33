package org.sluice.backend.cpu.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Raw memory by address, as the kernels see it.
 *
 * <p>Kernels take addresses, like their twins in C: one segment that spans all memory lets the compiler drop bounds and
 * lifetime checks in inner loops. Addresses come from segments whose lifetime the program holds.
 */
public final class Mem {
    /** All of memory; offsets are addresses. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** Byte order of everything: files and kernels are little endian. */
    public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

    private Mem() {}

    /** The float at an address. */
    public static float getFloat(long address) {
        return ALL.get(FLOAT, address);
    }

    /** Stores a float. */
    public static void putFloat(long address, float v) {
        ALL.set(FLOAT, address, v);
    }

    /** The int at an address. */
    public static int getInt(long address) {
        return ALL.get(INT, address);
    }

    /** Stores an int. */
    public static void putInt(long address, int v) {
        ALL.set(INT, address, v);
    }

    /** The long at an address. */
    public static long getLong(long address) {
        return ALL.get(LONG, address);
    }

    /** Stores a long. */
    public static void putLong(long address, long v) {
        ALL.set(LONG, address, v);
    }

    /** The short at an address. */
    public static short getShort(long address) {
        return ALL.get(SHORT, address);
    }

    /** The byte at an address. */
    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    /** Stores a byte. */
    public static void putByte(long address, byte v) {
        ALL.set(ValueLayout.JAVA_BYTE, address, v);
    }

    /** Stores a short. */
    public static void putShort(long address, short v) {
        ALL.set(SHORT, address, v);
    }

    /** Clears floats. */
    public static void zero(long address, long count) {
        for (long i = 0; i < count; i++) {
            putFloat(address + 4 * i, 0f);
        }
    }

    /** Copies bytes between places that do not overlap. */
    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }
}
