package org.sluice.tensor.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;

/**
 * Turns stored elements of one type into F32: the definition of what the bytes of a weight mean.
 *
 * <p>Every operation is rounded to F32 in the order ggml's Python reference uses, so values are equal bit for bit.
 * Scales that stand outside the blocks are not applied here, see {@link Weights}. Immutable and safe to share.
 */
public final class BlockDecoder {
    /** Elements that pass through the scratch arrays at a time: a whole number of blocks of any type, small enough for L1. */
    private static final int CHUNK = 2048;

    private static final ValueLayout.OfFloat LE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final Map<DType, BlockDecoder> DECODERS = new EnumMap<>(DType.class);

    static {
        for (DType t : DType.values()) {
            if (t.isReal()) {
                DECODERS.put(t, new BlockDecoder(t, format(t)));
            }
        }
    }

    /** Decodes {@code blocks} consecutive blocks at the start of {@code in} to {@code out}, from index {@code to} on. */
    @FunctionalInterface
    interface Format {
        void decode(byte[] in, int blocks, float[] out, int to);
    }

    private final DType dtype;
    private final Format format;

    private BlockDecoder(DType dtype, Format format) {
        this.dtype = dtype;
        this.format = format;
    }

    /**
     * The decoder of a type.
     *
     * @throws UnsupportedException for integer types, which have no real value of their own
     */
    public static BlockDecoder of(DType dtype) {
        BlockDecoder d = DECODERS.get(dtype);
        if (d == null) {
            throw new UnsupportedException(dtype + " holds integers and has no conversion to F32");
        }
        return d;
    }

    private static Format format(DType t) {
        return switch (t) {
            case F32 -> PlainBlocks::f32;
            case F16 -> PlainBlocks::f16;
            case BF16 -> PlainBlocks::bf16;
            case F8_E4M3 -> PlainBlocks::f8e4m3;
            case Q4_0 -> LegacyBlocks::q4_0;
            case Q4_1 -> LegacyBlocks::q4_1;
            case Q5_0 -> LegacyBlocks::q5_0;
            case Q5_1 -> LegacyBlocks::q5_1;
            case Q8_0 -> LegacyBlocks::q8_0;
            case Q2_K -> KBlocks::q2;
            case Q3_K -> KBlocks::q3;
            case Q4_K -> KBlocks::q4;
            case Q5_K -> KBlocks::q5;
            case Q6_K -> KBlocks::q6;
            case IQ4_NL -> Iq4Blocks::nl;
            case IQ4_XS -> Iq4Blocks::xs;
            case IQ3_XXS -> Iq3Blocks::xxs;
            case IQ3_S -> Iq3Blocks::s;
            case IQ2_XXS -> Iq2Blocks::xxs;
            case IQ2_XS -> Iq2Blocks::xs;
            case IQ2_S -> Iq2Blocks::s;
            case IQ1_S -> Iq1Blocks::s;
            case IQ1_M -> Iq1Blocks::m;
            case TQ1_0 -> TernaryBlocks::tq1;
            case TQ2_0 -> TernaryBlocks::tq2;
            case MXFP4 -> Fp4Blocks::mx;
            case NVFP4 -> Fp4Blocks::nv;
            case I8, I16, I32, I64, U8 -> throw new IllegalArgumentException(t + " is no real type");
        };
    }

    /** The type this decodes. */
    public DType dtype() {
        return dtype;
    }

    /**
     * Decodes to little-endian F32 memory; neither side need be aligned.
     *
     * @param byteOffset where in {@code src} the first block starts
     * @param elements number of elements, a whole number of blocks
     * @param dstByteOffset where in {@code dstF32} the first value goes
     * @throws IllegalArgumentException where the elements are no whole number of blocks
     * @throws IndexOutOfBoundsException where a segment is too short
     */
    public void decode(MemorySegment src, long byteOffset, long elements, MemorySegment dstF32, long dstByteOffset) {
        long bytes = dtype.bytes(elements);
        int chunk = (int) Math.min(CHUNK, elements);
        byte[] in = new byte[(int) dtype.bytes(chunk)];
        float[] out = new float[chunk];
        Objects.checkFromIndexSize(byteOffset, bytes, src.byteSize());
        for (long done = 0; done < elements; done += chunk) {
            int n = (int) Math.min(chunk, elements - done);
            load(src, byteOffset + dtype.bytes(done), n, in);
            format.decode(in, n / dtype.blockElements(), out, 0);
            MemorySegment.copy(out, 0, dstF32, LE_FLOAT, dstByteOffset + 4 * done, n);
        }
    }

    /**
     * Decodes to an array, from index {@code at} on; see {@link #decode(MemorySegment, long, long, MemorySegment, long)}.
     */
    public void decode(MemorySegment src, long byteOffset, int elements, float[] dst, int at) {
        decode(src, byteOffset, elements, dst, at, new byte[scratchBytes(elements)]);
    }

    /** Bytes of scratch that a call for this many elements needs. */
    public int scratchBytes(int elements) {
        return (int) dtype.bytes(Math.min(CHUNK, elements));
    }

    /**
     * The same without allocating.
     *
     * @param in scratch of at least {@link #scratchBytes} bytes
     */
    public void decode(MemorySegment src, long byteOffset, int elements, float[] dst, int at, byte[] in) {
        long bytes = dtype.bytes(elements);
        Objects.checkFromIndexSize(byteOffset, bytes, src.byteSize());
        Objects.checkFromIndexSize(at, elements, dst.length);
        int chunk = Math.min(CHUNK, elements);
        for (int done = 0; done < elements; done += chunk) {
            int n = Math.min(chunk, elements - done);
            load(src, byteOffset + dtype.bytes(done), n, in);
            format.decode(in, n / dtype.blockElements(), dst, at + done);
        }
    }

    private void load(MemorySegment src, long byteOffset, int elements, byte[] in) {
        MemorySegment.copy(src, ValueLayout.JAVA_BYTE, byteOffset, in, 0, (int) dtype.bytes(elements));
    }

    @Override
    public String toString() {
        return "decoder of " + dtype;
    }
}
