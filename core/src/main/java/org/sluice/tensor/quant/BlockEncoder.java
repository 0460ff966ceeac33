package org.sluice.tensor.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;

/**
 * Turns F32 values into stored elements of one type, so that {@code Σ w·(x − decoded)²} is small.
 *
 * <p>The weights {@code w} are an importance per column, usually the mean square of the activation that meets it, or 1.
 * Quantised types search scales: codes for several candidate scales, for each the scale that is best for its codes (a weighted
 * least-squares fit), then the best of all. Immutable and safe to share.
 */
public final class BlockEncoder {
    /** Elements that are encoded at a time: a whole number of blocks of any type, small enough for L1. */
    private static final int CHUNK = 2048;

    private static final ValueLayout.OfFloat LE_FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** A column that never met an activation still counts this share of the most important one. */
    private static final float LEAST_IMPORTANCE = 1e-9f;

    private static final Map<DType, BlockEncoder> ENCODERS = new EnumMap<>(DType.class);

    static {
        put(DType.F32, PlainEncoders::f32);
        put(DType.F16, PlainEncoders::f16);
        put(DType.BF16, PlainEncoders::bf16);
        put(DType.Q8_0, LegacyEncoders::q8_0);
        put(DType.Q4_0, LegacyEncoders::q4_0);
        put(DType.Q4_1, LegacyEncoders::q4_1);
        put(DType.Q5_0, LegacyEncoders::q5_0);
        put(DType.Q5_1, LegacyEncoders::q5_1);
        put(DType.Q2_K, KEncoders::q2);
        put(DType.Q3_K, KEncoders::q3);
        put(DType.Q4_K, KEncoders::q4);
        put(DType.Q5_K, KEncoders::q5);
        put(DType.Q6_K, KEncoders::q6);
        put(DType.IQ4_NL, Iq4Encoders::nl);
        put(DType.IQ4_XS, Iq4Encoders::xs);
    }

    /** Encodes the {@code blocks} blocks that {@code x} begins with, weighted by {@code w}, to the start of {@code out}. */
    @FunctionalInterface
    interface Format {
        void encode(float[] x, float[] w, int blocks, byte[] out);
    }

    private final DType dtype;
    private final Format format;

    private BlockEncoder(DType dtype, Format format) {
        this.dtype = dtype;
        this.format = format;
    }

    private static void put(DType dtype, Format format) {
        ENCODERS.put(dtype, new BlockEncoder(dtype, format));
    }

    /**
     * The encoder of a type.
     *
     * @throws UnsupportedException where this type is only read
     */
    public static BlockEncoder of(DType dtype) {
        BlockEncoder e = ENCODERS.get(dtype);
        if (e == null) {
            throw new UnsupportedException(dtype + " can be read but not written; choose one of " + types());
        }
        return e;
    }

    /** All types that can be written. */
    public static Set<DType> types() {
        return Collections.unmodifiableSet(ENCODERS.keySet());
    }

    /** The type this encodes to. */
    public DType dtype() {
        return dtype;
    }

    /**
     * Encodes one row or a part of it.
     *
     * @param from index in {@code x} of the first value
     * @param elements number of values, a whole number of blocks
     * @param importance weight of each of these values, none negative, or null where all count the same
     * @param byteOffset where in {@code dst} the first block goes
     * @throws IllegalArgumentException where the values are no whole number of blocks, or a quantised type meets a value that
     *     is not finite
     * @throws IndexOutOfBoundsException where an array or the segment is too short
     */
    public void encode(
            float[] x, int from, int elements, float @Nullable [] importance, MemorySegment dst, long byteOffset) {
        dtype.bytes(elements);
        Objects.checkFromIndexSize(from, elements, x.length);
        run(elements, importance, dst, byteOffset, (at, n, out) -> System.arraycopy(x, from + at, out, 0, n));
    }

    /** Encodes values from little-endian F32 memory; see {@link #encode(float[], int, int, float[], MemorySegment, long)}. */
    public void encode(
            MemorySegment f32,
            long f32Offset,
            int elements,
            float @Nullable [] importance,
            MemorySegment dst,
            long byteOffset) {
        dtype.bytes(elements);
        run(
                elements,
                importance,
                dst,
                byteOffset,
                (at, n, out) -> MemorySegment.copy(f32, LE_FLOAT, f32Offset + 4L * at, out, 0, n));
    }

    @FunctionalInterface
    private interface Source {
        void load(int at, int elements, float[] to);
    }

    private void run(int elements, float @Nullable [] importance, MemorySegment dst, long byteOffset, Source source) {
        float[] x = new float[Math.min(CHUNK, elements)];
        float[] w = new float[x.length];
        byte[] out = new byte[(int) dtype.bytes(x.length)];
        Arrays.fill(w, 1);
        float unit = importance == null ? 0 : unit(importance, elements);
        for (int done = 0; done < elements; done += x.length) {
            int n = Math.min(x.length, elements - done);
            source.load(done, n, x);
            if (dtype.isQuantised()) {
                checkFinite(x, n, done);
            }
            if (importance != null && unit > 0) {
                for (int i = 0; i < n; i++) {
                    w[i] = Math.max(importance[done + i] * unit, LEAST_IMPORTANCE);
                }
            }
            format.encode(x, w, n / dtype.blockElements(), out);
            MemorySegment.copy(
                    out, 0, dst, ValueLayout.JAVA_BYTE, byteOffset + dtype.bytes(done), (int) dtype.bytes(n));
        }
    }

    /** What makes the largest importance 1, or 0 where there is none. */
    private static float unit(float[] importance, int elements) {
        Objects.checkFromIndexSize(0, elements, importance.length);
        float max = 0;
        for (int i = 0; i < elements; i++) {
            if (!(importance[i] >= 0 && importance[i] <= Float.MAX_VALUE)) {
                throw new IllegalArgumentException("importance " + i + " is " + importance[i]);
            }
            max = Math.max(max, importance[i]);
        }
        return max < Float.MIN_NORMAL ? 0 : 1 / max;
    }

    private void checkFinite(float[] x, int n, int offset) {
        for (int i = 0; i < n; i++) {
            if (!Float.isFinite(x[i])) {
                throw new IllegalArgumentException(
                        "value " + (offset + i) + " is " + x[i] + ", which " + dtype + " cannot hold");
            }
        }
    }

    @Override
    public String toString() {
        return "encoder of " + dtype;
    }
}
