package org.sluice.backend.cpu.vector;

import static org.sluice.backend.cpu.runtime.Mem.ALL;
import static org.sluice.backend.cpu.runtime.Mem.ORDER;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.sluice.backend.cpu.runtime.Mem;

/** Loads, sums and functions of float vectors of the machine's preferred width. */
final class V {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final int LANES = F.length();
    static final long BYTES = 4L * LANES;
    static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    /** Shorts that widen to one vector of floats. */
    static final VectorSpecies<Short> HALF =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
    /** Bytes that widen to one vector of floats, where vectors are long enough: there is none of four bytes. */
    static final VectorSpecies<Byte> QUARTER =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, F.vectorBitSize() / 4)));

    /** Fewest lanes that {@link #loadFp8} works with. */
    static final int FP8_LANES = 8;

    private static final VectorShuffle<Float> FOLD8 = VectorShuffle.iota(F, 8 % LANES, 1, true);
    private static final VectorShuffle<Float> FOLD4 = VectorShuffle.iota(F, 4 % LANES, 1, true);
    private static final VectorShuffle<Float> FOLD2 = VectorShuffle.iota(F, 2 % LANES, 1, true);
    private static final VectorShuffle<Float> FOLD1 = VectorShuffle.iota(F, 1 % LANES, 1, true);

    private static final float LOG2E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** 1.5 · 2^23: adding and subtracting it rounds to the nearest integer. */
    private static final float ROUND = 12582912f;

    private static final float FP8_SCALE = 0x1p120f;
    /** What the code of NaN becomes by rescaling; no number is as large. */
    private static final float FP8_NAN = 480f;

    private V() {}

    static FloatVector zero() {
        return FloatVector.zero(F);
    }

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    static FloatVector load(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER, mask);
    }

    static void store(FloatVector v, long address) {
        v.intoMemorySegment(ALL, address, ORDER);
    }

    static void store(FloatVector v, long address, VectorMask<Float> mask) {
        v.intoMemorySegment(ALL, address, ORDER, mask);
    }

    /** A vector of BF16 numbers, widened. */
    static FloatVector loadBf16(long address) {
        ShortVector s = ShortVector.fromMemorySegment(HALF, ALL, address, ORDER);
        return widen(s);
    }

    static FloatVector loadBf16(long address, VectorMask<Short> mask) {
        return widen(ShortVector.fromMemorySegment(HALF, ALL, address, ORDER, mask));
    }

    private static FloatVector widen(ShortVector s) {
        IntVector i = (IntVector) s.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
        return i.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    /** A vector of e4m3fn numbers, by moving exponent and fraction to their places and rescaling; 0x7f and 0xff are NaN. */
    static FloatVector loadFp8(long address) {
        ByteVector b = ByteVector.fromMemorySegment(QUARTER, ALL, address, ORDER);
        IntVector v = (IntVector) b.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
        FloatVector f = v.and(0x7f)
                .lanewise(VectorOperators.LSHL, 20)
                .reinterpretAsFloats()
                .mul(FP8_SCALE);
        f = f.blend(Float.NaN, f.compare(VectorOperators.EQ, FP8_NAN));
        IntVector sign = v.and(0x80).lanewise(VectorOperators.LSHL, 24);
        return f.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }

    /** Mask of the elements from {@code i} that lie before {@code n}. */
    static VectorMask<Float> tail(int i, int n) {
        return F.indexInRange(i, n);
    }

    /** The sum of all lanes, always in the same order. */
    static float sum(FloatVector v) {
        FloatVector s = v;
        if (LANES > 8) {
            s = s.add(s.rearrange(FOLD8));
        }
        if (LANES > 4) {
            s = s.add(s.rearrange(FOLD4));
        }
        if (LANES > 2) {
            s = s.add(s.rearrange(FOLD2));
        }
        return s.add(s.rearrange(FOLD1)).lane(0);
    }

    /**
     * Stores the lane sums of {@code n} stored vectors. Accumulators go through memory because summing many of them in the
     * loop's own method is more than the compiler inlines.
     */
    static void sums(long vectors, int n, long to) {
        for (int i = 0; i < n; i++) {
            Mem.putFloat(to + 4L * i, sum(load(vectors + i * BYTES)));
        }
    }

    /**
     * {@code e^x} with a relative error below 2·10⁻⁷; 0 below −87, and the value at 88 above 88. Cody–Waite reduction and the
     * polynomial of Cephes' expf (Moshier).
     */
    static FloatVector exp(FloatVector x) {
        FloatVector c = x.min(88f).max(-104f);
        FloatVector n = c.mul(LOG2E).add(ROUND).sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), c);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(F, 1.9875691500e-4f);
        p = p.fma(r, FloatVector.broadcast(F, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector e = (IntVector) n.convertShape(VectorOperators.F2I, I, 0);
        FloatVector scale = e.add(127).max(0).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
        return p.mul(scale).blend(0f, x.compare(VectorOperators.LT, -87f));
    }
}
