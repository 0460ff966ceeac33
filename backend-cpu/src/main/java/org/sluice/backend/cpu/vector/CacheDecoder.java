package org.sluice.backend.cpu.vector;

import org.sluice.backend.cpu.runtime.CacheRows;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.graph.CacheType;
import org.sluice.graph.State;

/** {@link CacheRows#decode} by vectors: the same numbers, bit for bit. Rows that do not divide into vectors go the plain way. */
final class CacheDecoder {

    private CacheDecoder() {}

    static void decode(State s, long from, long to) {
        int main = s.main();
        int rotated = s.width() - main;
        if (V.LANES < V.FP8_LANES || main % V.LANES != 0 || rotated % V.LANES != 0) {
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
                    V.store(V.loadFp8(from + i).mul(scale), to + 4L * i);
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
}
