package org.sluice.checkpoint;

import java.util.Optional;

/** Type of a metadata value. The numbers and sizes are those of the GGUF specification. */
public enum GgufType {
    UINT8(0, 1),
    INT8(1, 1),
    UINT16(2, 2),
    INT16(3, 2),
    UINT32(4, 4),
    INT32(5, 4),
    FLOAT32(6, 4),
    BOOL(7, 1),
    STRING(8, 0),
    ARRAY(9, 0),
    UINT64(10, 8),
    INT64(11, 8),
    FLOAT64(12, 8);

    private final int id;
    private final int bytes;

    GgufType(int id, int bytes) {
        this.id = id;
        this.bytes = bytes;
    }

    /** The number that stands for this type in a file. */
    public int id() {
        return id;
    }

    /** Bytes of a value, 0 where that depends on the value. */
    int bytes() {
        return bytes;
    }

    /** Bytes that a value takes at least. */
    int leastBytes() {
        return switch (this) {
            case STRING -> 8;
            case ARRAY -> 12;
            default -> bytes;
        };
    }

    /** Whether values are whole numbers. */
    public boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
        };
    }

    /** Whether values are floating-point numbers. */
    public boolean isReal() {
        return this == FLOAT32 || this == FLOAT64;
    }

    static Optional<GgufType> of(int id) {
        return id >= 0 && id < values().length ? Optional.of(values()[id]) : Optional.empty();
    }
}
