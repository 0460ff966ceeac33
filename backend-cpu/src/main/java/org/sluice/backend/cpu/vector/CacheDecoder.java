package org.sluice.backend.cpu.vector;

import static org.sluice.backend.cpu.runtime.Mem.ALL;
import static org.sluice.backend.cpu.runtime.Mem.ORDER;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.sluice.backend.cpu.runtime.CacheRows;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.graph.CacheType;
import org.sluice.graph.State;

/** {@link CacheRows#decode} by vectors: the same numbers, bit for bit. Rows that do not divide into vectors go the plain way. */
final class CacheDecoder {
    private static final int FEWEST_LANES = 8;
    private static final float TO_FLOAT = 0x1p120f;
    /** What the code of NaN becomes by rescaling; no number is as large. */
    private static final float NAN_CODE = 480f;

    private CacheDecoder() {}

    static void decode(State s, long from, long to) {
        int main = s.main();
        int rotated = s.width() - main;
        if (V.LANES < FEWEST_LANES || main % V.LANES != 0 || rotated % V.LANES != 0) {
            CacheRows.decode(s, from, to);
            return;
        }
        switch (s.type()) {
            case F32 -> Mem.copy(from, to, 4L * s.width());
            case BF16 -> fromBf16(from, s.width(), to);
            case FP8 -> {
                long scales = from + main;
                for (int i = 0; i < main; i += V.LANES) {
                    // a group is a multiple of every vector
                    float scale = Mem.getFloat(scales + 4L * (i / CacheType.GROUP));
                    V.store(Codes.load(from + i).mul(scale), to + 4L * i);
                }
                fromBf16(scales + 4L * Math.ceilDiv(main, CacheType.GROUP), rotated, to + 4L * main);
            }
        }
    }

    private static void fromBf16(long from, int n, long to) {
        for (int i = 0; i < n; i += V.LANES) {
            V.store(V.loadBf16(from + 2L * i), to + 4L * i);
        }
    }

    /** Apart, because there is no vector of so few bytes where vectors are short. */
    private static final class Codes {
        private static final VectorSpecies<Byte> QUARTER =
                VectorSpecies.of(byte.class, VectorShape.forBitSize(V.F.vectorBitSize() / 4));

        static FloatVector load(long address) {
            ByteVector b = ByteVector.fromMemorySegment(QUARTER, ALL, address, ORDER);
            IntVector v = (IntVector) b.convertShape(VectorOperators.ZERO_EXTEND_B2I, V.I, 0);
            FloatVector f = v.and(0x7f)
                    .lanewise(VectorOperators.LSHL, 20)
                    .reinterpretAsFloats()
                    .mul(TO_FLOAT);
            f = f.blend(Float.NaN, f.compare(VectorOperators.EQ, NAN_CODE));
            IntVector sign = v.and(0x80).lanewise(VectorOperators.LSHL, 24);
            return f.reinterpretAsInts().or(sign).reinterpretAsFloats();
        }
    }
}
