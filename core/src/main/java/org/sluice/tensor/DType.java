package org.sluice.tensor;

import java.util.Arrays;
import java.util.Optional;

/**
 * Element type of a tensor: plain, or quantised in blocks along the fastest dimension.
 *
 * <p>The quantised types are those of the GGUF container; ids, block sizes and layouts follow ggml.
 */
public enum DType {
    F32(0, 1, 4),
    F16(1, 1, 2),
    Q4_0(2, 32, 18),
    Q4_1(3, 32, 20),
    Q5_0(6, 32, 22),
    Q5_1(7, 32, 24),
    Q8_0(8, 32, 34),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, 256, 144),
    Q5_K(13, 256, 176),
    Q6_K(14, 256, 210),
    IQ2_XXS(16, 256, 66),
    IQ2_XS(17, 256, 74),
    IQ3_XXS(18, 256, 98),
    IQ1_S(19, 256, 50),
    IQ4_NL(20, 32, 18),
    IQ3_S(21, 256, 110),
    IQ2_S(22, 256, 82),
    IQ4_XS(23, 256, 136),
    I8(24, 1, 1),
    I16(25, 1, 2),
    I32(26, 1, 4),
    I64(27, 1, 8),
    IQ1_M(29, 256, 56),
    BF16(30, 1, 2),
    TQ1_0(34, 256, 54),
    TQ2_0(35, 256, 66),
    MXFP4(39, 32, 17),
    NVFP4(40, 64, 36),
    /** OCP e4m3fn: bias 7, no infinities, NaN is 0x7F and 0xFF, largest value 448. Not a GGUF type. */
    F8_E4M3(-1, 1, 1),
    /** Unsigned byte; not a GGUF type. */
    U8(-1, 1, 1);

    private final int ggmlId;
    private final int blockElements;
    private final int blockBytes;

    DType(int ggmlId, int blockElements, int blockBytes) {
        this.ggmlId = ggmlId;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
    }

    /** The type's number in GGUF files, or −1 where GGUF has none. */
    public int ggmlId() {
        return ggmlId;
    }

    /** Elements a block holds; 1 for plain types. */
    public int blockElements() {
        return blockElements;
    }

    /** Bytes a block takes. */
    public int blockBytes() {
        return blockBytes;
    }

    /** Whether several elements share a block. */
    public boolean isQuantised() {
        return blockElements > 1;
    }

    /** Whether an element is a number with a fraction: plain floats and all quantised types. */
    public boolean isReal() {
        return switch (this) {
            case I8, I16, I32, I64, U8 -> false;
            default -> true;
        };
    }

    /** Mean number of bits an element takes. */
    public double bitsPerElement() {
        return 8.0 * blockBytes / blockElements;
    }

    /**
     * Bytes that {@code elements} consecutive elements take.
     *
     * @throws IllegalArgumentException where the number is negative or no multiple of {@link #blockElements()}
     * @throws ArithmeticException where the result overflows
     */
    public long bytes(long elements) {
        if (elements < 0 || elements % blockElements != 0) {
            throw new IllegalArgumentException(
                    elements + " elements of " + this + " are no whole number of blocks of " + blockElements);
        }
        return Math.multiplyExact(elements / blockElements, (long) blockBytes);
    }

    /** The type with GGUF number {@code id}, if it is one Sluice reads. */
    public static Optional<DType> fromGgmlId(int id) {
        return id < 0
                ? Optional.empty()
                : Arrays.stream(values()).filter(t -> t.ggmlId == id).findFirst();
    }
}
