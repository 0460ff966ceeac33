package org.sluice.checkpoint;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.sluice.tensor.DType;

/**
 * Element types of the safetensors format, under the names its headers use. A file may hold any of them; those with a
 * {@link #dtype()} can be computed with.
 */
public enum SafetensorsType {
    BOOL(8, null),
    F4(4, null),
    F6_E2M3(6, null),
    F6_E3M2(6, null),
    U8(8, DType.U8),
    I8(8, DType.I8),
    F8_E5M2(8, null),
    F8_E4M3(8, DType.F8_E4M3),
    F8_E8M0(8, null),
    F8_E4M3FNUZ(8, null),
    F8_E5M2FNUZ(8, null),
    I16(16, DType.I16),
    U16(16, null),
    F16(16, DType.F16),
    BF16(16, DType.BF16),
    I32(32, DType.I32),
    U32(32, null),
    F32(32, DType.F32),
    C64(64, null),
    F64(64, null),
    I64(64, DType.I64),
    U64(64, null);

    private static final Map<String, SafetensorsType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Enum::name, Function.identity()));

    private final int bits;
    private final @Nullable DType dtype;

    SafetensorsType(int bits, @Nullable DType dtype) {
        this.bits = bits;
        this.dtype = dtype;
    }

    /** Bits an element takes; elements of less than a byte are packed without gaps. */
    public int bits() {
        return bits;
    }

    /** What Sluice calls it, if it computes with it. */
    public Optional<DType> dtype() {
        return Optional.ofNullable(dtype);
    }

    /** The type a header calls {@code name}. */
    static Optional<SafetensorsType> fromName(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The type that stores {@code dtype}; quantised types have none. */
    public static Optional<SafetensorsType> of(DType dtype) {
        return Arrays.stream(values()).filter(t -> t.dtype == dtype).findFirst();
    }
}
