package org.sluice.checkpoint;

import java.util.List;

/**
 * What a safetensors header says about a tensor, checked.
 *
 * @param name name in the file
 * @param type element type
 * @param extents slowest first; none for a scalar, and any of them may be 0
 * @param offset first byte, counted from the start of the file
 * @param bytes length
 */
public record SafetensorsTensor(String name, SafetensorsType type, List<Long> extents, long offset, long bytes) {
    /** Copies the extents. */
    public SafetensorsTensor {
        extents = List.copyOf(extents);
    }

    /**
     * Bytes that a tensor takes.
     *
     * @throws ArithmeticException where they overflow or are no whole number
     */
    static long bytes(SafetensorsType type, List<Long> extents) {
        long bits = type.bits();
        for (long extent : extents) {
            bits = Math.multiplyExact(bits, extent);
        }
        if (bits % Byte.SIZE != 0) {
            throw new ArithmeticException(bits + " bits are no whole number of bytes");
        }
        return bits / Byte.SIZE;
    }

    @Override
    public String toString() {
        return type + extents.toString();
    }
}
