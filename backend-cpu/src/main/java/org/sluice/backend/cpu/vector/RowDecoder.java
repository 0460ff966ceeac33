package org.sluice.backend.cpu.vector;

import static org.sluice.backend.cpu.runtime.Mem.ALL;
import static org.sluice.backend.cpu.runtime.Mem.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** Widens one row of a weight to F32 in memory, outside scales applied; the same numbers as {@link Weights}. */
abstract class RowDecoder {
    final Weight weight;
    final int columns;
    private final long rowBytes;
    private final long[] slices;

    RowDecoder(Weight weight) {
        this.weight = weight;
        columns = Math.toIntExact(weight.columns());
        rowBytes = weight.rowBytes();
        slices = weight.slices().stream().mapToLong(MemorySegment::address).toArray();
    }

    /** Writes row {@code row} of matrix {@code slice} to {@code to}. */
    abstract void decode(int slice, long row, long to);

    final long address(int slice, long row) {
        return slices[slice] + row * rowBytes;
    }

    static RowDecoder of(Weight w) {
        RowDecoder plain = switch (w.dtype()) {
            case F16 -> new Half(w);
            case BF16 -> new Bf16(w);
            case F8_E4M3 -> V.LANES >= V.FP8_LANES ? new Fp8(w) : new General(w);
            case Q8_0 -> V.LANES >= 8 ? new Q8(w) : new General(w);
            default -> new General(w);
        };
        return w.scales() == null || plain instanceof General ? plain : new Scaled(plain, w.scales());
    }

    /** Any type, by the scalar definition. */
    private static final class General extends RowDecoder {
        private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
        private final ThreadLocal<Buffers> buffers;

        private record Buffers(float[] values, byte[] scratch) {}

        General(Weight w) {
            super(w);
            buffers = ThreadLocal.withInitial(() -> new Buffers(new float[columns], new byte[Weights.scratchBytes(w)]));
        }

        @Override
        void decode(int slice, long r, long to) {
            Buffers b = buffers.get();
            Weights.toFloats(weight, slice, r, b.values, 0, b.scratch);
            MemorySegment.copy(b.values, 0, ALL, FLOAT, to, columns);
        }
    }

    /** Multiplies by the scales that stand beside the weight. */
    private static final class Scaled extends RowDecoder {
        private final RowDecoder plain;
        private final BlockScales scales;
        private final long[] addresses;

        Scaled(RowDecoder plain, BlockScales scales) {
            super(plain.weight);
            this.plain = plain;
            this.scales = scales;
            addresses =
                    scales.slices().stream().mapToLong(MemorySegment::address).toArray();
        }

        @Override
        void decode(int slice, long row, long to) {
            plain.decode(slice, row, to);
            int width = scales.blockColumns();
            long scale = addresses[slice] + 4L * (row / scales.blockRows()) * scales.columnBlocks(columns);
            for (int c = 0; c < columns; c += width, scale += 4) {
                float s = Mem.getFloat(scale);
                int end = Math.min(columns, c + width);
                int i = c;
                for (; i + V.LANES <= end; i += V.LANES) {
                    V.store(V.load(to + 4L * i).mul(s), to + 4L * i);
                }
                for (; i < end; i++) {
                    Mem.putFloat(to + 4L * i, Mem.getFloat(to + 4L * i) * s);
                }
            }
        }
    }

    /** The upper half of a float. */
    private static final class Bf16 extends RowDecoder {
        Bf16(Weight w) {
            super(w);
        }

        @Override
        void decode(int slice, long row, long to) {
            long from = address(slice, row);
            int whole = V.F.loopBound(columns);
            for (int i = 0; i < whole; i += V.LANES) {
                V.store(V.loadBf16(from + 2L * i), to + 4L * i);
            }
            for (int i = whole; i < columns; i++) {
                Mem.putInt(to + 4L * i, Mem.getShort(from + 2L * i) << 16);
            }
        }
    }

    /** IEEE half precision, by moving exponent and fraction to their places in a float and rescaling. */
    private static final class Half extends RowDecoder {
        private static final float TO_FLOAT = 0x1p112f;

        Half(Weight w) {
            super(w);
        }

        @Override
        void decode(int slice, long row, long to) {
            long from = address(slice, row);
            int whole = V.F.loopBound(columns);
            for (int i = 0; i < whole; i += V.LANES) {
                ShortVector s = ShortVector.fromMemorySegment(V.HALF, ALL, from + 2L * i, ORDER);
                IntVector v = (IntVector) s.convertShape(VectorOperators.ZERO_EXTEND_S2I, V.I, 0);
                IntVector magnitude = v.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
                FloatVector f = magnitude.reinterpretAsFloats().mul(TO_FLOAT);
                // exponent 31 means infinity or NaN, which the multiplication turned into large numbers
                FloatVector special = magnitude.or(0x7f800000).reinterpretAsFloats();
                f = f.blend(special, f.compare(VectorOperators.GE, 65536f));
                IntVector sign = v.and(0x8000).lanewise(VectorOperators.LSHL, 16);
                V.store(f.reinterpretAsInts().or(sign).reinterpretAsFloats(), to + 4L * i);
            }
            for (int i = whole; i < columns; i++) {
                Mem.putFloat(to + 4L * i, Float.float16ToFloat(Mem.getShort(from + 2L * i)));
            }
        }
    }

    /** e4m3fn; 0x7f and 0xff are NaN. */
    private static final class Fp8 extends RowDecoder {
        Fp8(Weight w) {
            super(w);
        }

        @Override
        void decode(int slice, long row, long to) {
            long from = address(slice, row);
            int whole = V.F.loopBound(columns);
            for (int i = 0; i < whole; i += V.LANES) {
                V.store(V.loadFp8(from + i), to + 4L * i);
            }
            for (int i = whole; i < columns; i++) {
                Mem.putFloat(to + 4L * i, Fp8Table.VALUES[Mem.getByte(from + i) & 0xff]);
            }
        }

        /** Holds the table until a ragged row needs it. */
        private static final class Fp8Table {
            private static final float[] VALUES = org.sluice.tensor.quant.Fp8.table();
        }
    }

    /** Blocks of 32 signed bytes behind a half-precision scale. */
    private static final class Q8 extends RowDecoder {
        Q8(Weight w) {
            super(w);
        }

        @Override
        void decode(int slice, long row, long to) {
            long from = address(slice, row);
            for (int block = 0; block < columns; block += 32, from += 34) {
                float d = Float.float16ToFloat(Mem.getShort(from));
                for (int i = 0; i < 32; i += V.LANES) {
                    ByteVector b = ByteVector.fromMemorySegment(V.QUARTER, ALL, from + 2 + i, ORDER);
                    FloatVector q = (FloatVector) b.convertShape(VectorOperators.B2F, V.F, 0);
                    V.store(q.mul(d), to + 4L * (block + i));
                }
            }
        }
    }
}
