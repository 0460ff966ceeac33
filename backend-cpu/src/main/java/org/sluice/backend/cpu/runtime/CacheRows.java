package org.sluice.backend.cpu.runtime;

import org.sluice.graph.CacheType;
import org.sluice.graph.State;
import org.sluice.tensor.quant.Bf16;
import org.sluice.tensor.quant.Fp8;

/** Rows of a state between F32 and what the cache keeps ({@link CacheType}). */
public final class CacheRows {
    private static final float SMALLEST = 1e-30f;

    private CacheRows() {}

    /** Stores a row of {@link State#width()} F32 numbers. */
    public static void encode(State s, long from, long to) {
        int main = s.main();
        int rotated = s.width() - main;
        switch (s.type()) {
            case F32 -> Mem.copy(from, to, 4L * s.width());
            case BF16 -> toBf16(from, s.width(), to);
            case FP8 -> {
                long scales = to + main;
                for (int g = 0; g * CacheType.GROUP < main; g++) {
                    int first = g * CacheType.GROUP;
                    int last = Math.min(main, first + CacheType.GROUP);
                    float most = SMALLEST;
                    for (int i = first; i < last; i++) {
                        most = Math.max(most, Math.abs(Mem.getFloat(from + 4L * i)));
                    }
                    float scale = most / Fp8.MAX;
                    for (int i = first; i < last; i++) {
                        Mem.putByte(to + i, Fp8.of(Mem.getFloat(from + 4L * i) / scale));
                    }
                    Mem.putFloat(scales + 4L * g, scale);
                }
                toBf16(from + 4L * main, rotated, scales + 4L * Math.ceilDiv(main, CacheType.GROUP));
            }
        }
    }

    private static void toBf16(long from, int n, long to) {
        for (int i = 0; i < n; i++) {
            Mem.putShort(to + 2L * i, Bf16.of(Mem.getFloat(from + 4L * i)));
        }
    }

    /** Reads a row into {@link State#width()} F32 numbers. */
    public static void decode(State s, long from, long to) {
        int main = s.main();
        int rotated = s.width() - main;
        switch (s.type()) {
            case F32 -> Mem.copy(from, to, 4L * s.width());
            case BF16 -> fromBf16(from, s.width(), to);
            case FP8 -> {
                long scales = from + main;
                for (int g = 0; g * CacheType.GROUP < main; g++) {
                    int first = g * CacheType.GROUP;
                    int last = Math.min(main, first + CacheType.GROUP);
                    float scale = Mem.getFloat(scales + 4L * g);
                    for (int i = first; i < last; i++) {
                        Mem.putFloat(to + 4L * i, Fp8.toFloat(Mem.getByte(from + i)) * scale);
                    }
                }
                fromBf16(scales + 4L * Math.ceilDiv(main, CacheType.GROUP), rotated, to + 4L * main);
            }
        }
    }

    private static void fromBf16(long from, int n, long to) {
        for (int i = 0; i < n; i++) {
            Mem.putInt(to + 4L * i, Mem.getShort(from + 2L * i) << 16);
        }
    }
}
