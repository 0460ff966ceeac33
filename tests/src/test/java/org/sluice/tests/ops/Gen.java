package org.sluice.tests.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Shape;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.RandomBlocks;

/** Random data and shapes from one seed. */
final class Gen {
    /** Given with {@code -Dsluice.seed=N}. */
    static final long SEED = Long.getLong("sluice.seed", 20260713L);

    private final SplittableRandom random;

    /** Data that belongs to {@code what}, unlike that of anything else. */
    Gen(String what) {
        random = new SplittableRandom(SEED * 31 + what.hashCode());
    }

    /** A whole number, both ends included. */
    int between(int low, int high) {
        return random.nextInt(low, high + 1);
    }

    /** One of them. */
    int pick(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** A coin. */
    boolean flip() {
        return random.nextBoolean();
    }

    /** Normal numbers. */
    float[] floats(int n, double sigma) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) {
            v[i] = (float) (sigma * random.nextGaussian());
        }
        return v;
    }

    /** Rows of normal numbers of very different sizes; some rows are zero or constant. */
    float[] rows(int rows, int width) {
        float[] v = floats(rows * width, 1);
        for (int r = 0; r < rows; r++) {
            float size = (float) Math.pow(10, random.nextDouble(-2, 2));
            int kind = random.nextInt(12);
            for (int i = r * width; i < (r + 1) * width; i++) {
                v[i] = kind == 0 ? 0 : kind == 1 ? size : v[i] * size;
            }
        }
        return v;
    }

    /** Small whole numbers: sums of them are exact and equal numbers are common. */
    float[] whole(int n, int low, int high) {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) {
            v[i] = between(low, high);
        }
        return v;
    }

    /** {@code k} different numbers below {@code n}, in random order. */
    int[] subset(int n, int k) {
        int[] all = IntStream.range(0, n).toArray();
        for (int i = 0; i < k; i++) {
            int j = random.nextInt(i, n);
            int t = all[i];
            all[i] = all[j];
            all[j] = t;
        }
        return Arrays.copyOf(all, k);
    }

    /** A vector of these values, stored as F32. */
    static Weight vector(String name, float[] values) {
        return Weight.of(name, DType.F32, Shape.of(values.length), segment(values));
    }

    /** A vector around 1, stored as F32 or BF16. */
    Weight vector(String name, int n, double mean) {
        float[] v = floats(n, 0.3);
        if (flip()) {
            for (int i = 0; i < n; i++) {
                v[i] += (float) mean;
            }
            return vector(name, v);
        }
        MemorySegment s = bytes(2L * n, 2);
        for (int i = 0; i < n; i++) {
            s.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) (Float.floatToIntBits(v[i] + (float) mean) >>> 16));
        }
        return Weight.of(name, DType.BF16, Shape.of(n), s);
    }

    /** A matrix or bank of random elements of any real type with a standard deviation of about 0.1. */
    Weight weight(String name, DType dtype, long... extents) {
        return scaled(name, dtype, 0, 0, extents);
    }

    /** As {@link #weight(String, DType, long...)}, with a scale for every block of rows and columns beside it, or without for blocks of 0. */
    Weight scaled(String name, DType dtype, int blockRows, int blockColumns, long... extents) {
        RandomBlocks blocks = RandomBlocks.of(dtype, 0.1);
        int count = extents.length == 3 ? (int) extents[0] : 1;
        long rows = extents[extents.length - 2];
        long columns = extents[extents.length - 1];
        // checkpoints promise no alignment, so slices start anywhere
        List<MemorySegment> slices = Stream.generate(() -> {
                    MemorySegment s = bytes(rows * dtype.bytes(columns), between(0, 3));
                    blocks.fill(s, random.nextLong());
                    return s;
                })
                .limit(count)
                .toList();
        if (blockRows == 0) {
            return new Weight(name, dtype, Shape.of(extents), slices, null);
        }
        int scales = (int) (Math.ceilDiv(rows, (long) blockRows) * Math.ceilDiv(columns, (long) blockColumns));
        List<MemorySegment> all = Stream.generate(() -> {
                    float[] v = new float[scales];
                    for (int i = 0; i < scales; i++) {
                        v[i] = (float) random.nextDouble(0.2, 3);
                    }
                    return segment(v);
                })
                .limit(count)
                .toList();
        return new Weight(name, dtype, Shape.of(extents), slices, new BlockScales(blockRows, blockColumns, all));
    }

    /** A number of columns a type can have: few, or enough for several vectors and no multiple of their length. */
    int columns(DType dtype) {
        int block = dtype.blockElements();
        return switch (block) {
            case 1 -> pick(1, 3, between(5, 15), between(17, 31), between(33, 63), between(130, 300));
            case 32 -> 32 * pick(1, 2, 3, 5, 9, 16);
            case 64 -> 64 * pick(1, 2, 3, 5);
            default -> block * pick(1, 2, 3);
        };
    }

    /** All types a weight can have. */
    static List<DType> realTypes() {
        return Arrays.stream(DType.values()).filter(DType::isReal).toList();
    }

    private static MemorySegment bytes(long size, int offset) {
        return Arena.ofAuto().allocate(size + offset, 64).asSlice(offset, size);
    }

    private static MemorySegment segment(float[] values) {
        return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values);
    }
}
