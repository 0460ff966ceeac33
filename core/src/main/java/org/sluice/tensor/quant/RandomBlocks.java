package org.sluice.tensor.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.sluice.error.UnsupportedException;
import org.sluice.tensor.DType;

/**
 * Fills memory with random elements of any real type, much faster than values could be quantised: the codes are random
 * bits, only scales are set, so that decoded values have mean 0 and a chosen standard deviation. Immutable and safe to share.
 */
public final class RandomBlocks {
    /** Bytes that are made at a time, about; small enough for L2. */
    private static final int CHUNK = 48 << 10;

    private static final int SAMPLE_BLOCKS = 512;
    private static final long SAMPLE_SEED = 0x5EED;
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Makes {@code blocks} valid blocks of random bits. */
    @FunctionalInterface
    interface Finish {
        void apply(byte[] chunk, int blocks);
    }

    private final DType dtype;
    private final Finish finish;

    private RandomBlocks(DType dtype, Finish finish) {
        this.dtype = dtype;
        this.finish = finish;
    }

    /**
     * A source of elements with standard deviation about {@code sigma}.
     *
     * @param sigma positive; scales are half-precision numbers, so that below about 10⁻⁴ values of some types become coarse
     * @throws UnsupportedException for integer types
     */
    public static RandomBlocks of(DType dtype, double sigma) {
        if (!(sigma > 0 && sigma < 1000)) {
            throw new IllegalArgumentException("a standard deviation of " + sigma);
        }
        BlockDecoder.of(dtype);
        if (!dtype.isQuantised()) {
            return new RandomBlocks(dtype, new RandomElements(dtype, sigma));
        }
        RandomBlocks unscaled = new RandomBlocks(dtype, RandomScales.of(dtype, 1));
        return new RandomBlocks(dtype, RandomScales.of(dtype, sigma / unscaled.deviation()));
    }

    /** Root mean square of a sample. */
    private double deviation() {
        byte[] blocks = new byte[SAMPLE_BLOCKS * dtype.blockBytes()];
        float[] values = new float[SAMPLE_BLOCKS * dtype.blockElements()];
        MemorySegment segment = MemorySegment.ofArray(blocks);
        fill(segment, SAMPLE_SEED);
        BlockDecoder.of(dtype).decode(segment, 0, values.length, values, 0);
        double sum = 0;
        for (float v : values) {
            sum += (double) v * v;
        }
        return Math.sqrt(sum / values.length);
    }

    /** The type of the elements. */
    public DType dtype() {
        return dtype;
    }

    /**
     * Fills {@code dst}. The same seed always gives the same bytes, and a longer segment begins like a shorter one.
     *
     * @throws IllegalArgumentException where its size is no whole number of blocks
     */
    public void fill(MemorySegment dst, long seed) {
        int block = dtype.blockBytes();
        if (dst.byteSize() % block != 0) {
            throw new IllegalArgumentException(
                    dst.byteSize() + " bytes are no whole number of " + dtype + " blocks of " + block);
        }
        int blocks = CHUNK / block;
        byte[] chunk = new byte[(blocks * block + 7) & -8];
        long state = seed;
        for (long at = 0; at < dst.byteSize(); at += (long) blocks * block) {
            int n = (int) Math.min(blocks, (dst.byteSize() - at) / block);
            state = random(chunk, state);
            finish.apply(chunk, n);
            MemorySegment.copy(chunk, 0, dst, ValueLayout.JAVA_BYTE, at, n * block);
        }
    }

    /** SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
    private static long random(byte[] chunk, long state) {
        long s = state;
        for (int i = 0; i < chunk.length; i += 8) {
            s += GOLDEN;
            long z = (s ^ s >>> 30) * 0xBF58_476D_1CE4_E5B9L;
            z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
            LONG.set(chunk, i, z ^ z >>> 31);
        }
        return s;
    }
}
