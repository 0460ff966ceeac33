package org.sluice.convert;

import java.lang.foreign.MemorySegment;
import org.sluice.model.MlaMoeConfig;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.Weights;

/** The rows of a tensor as GGUF wants them, taken from a checkpoint's. Safe to use from several threads. */
sealed interface RowSource {
    /** Whether rows of this type can be had without change, by {@link #copy}. */
    boolean isStoredAs(DType dtype);

    /** Copies row {@code row} as it is stored. */
    void copy(long row, MemorySegment to, long offset);

    /** Decodes the rows {@code [first, first + n)}. */
    void read(long first, int n, float[] to);

    /**
     * Rows of a matrix or of the matrices of a bank, one after another.
     *
     * @param perSlice rows that are taken from each part
     * @param stride rows from one part to the next; where parts are slices, that of a slice
     * @param skip rows of each part before the first that is taken
     */
    record Plain(Weight weight, long perSlice, long stride, long skip) implements RowSource {
        static Plain of(Weight weight) {
            return new Plain(weight, weight.rows(), weight.rows(), 0);
        }

        @Override
        public boolean isStoredAs(DType dtype) {
            return weight.dtype() == dtype && weight.scales() == null;
        }

        private long stored(long row) {
            return row / perSlice * stride + skip + row % perSlice;
        }

        @Override
        public void copy(long row, MemorySegment to, long offset) {
            long at = stored(row);
            MemorySegment slice = weight.slices().get((int) (at / weight.rows()));
            MemorySegment.copy(slice, at % weight.rows() * weight.rowBytes(), to, offset, weight.rowBytes());
        }

        @Override
        public void read(long first, int n, float[] to) {
            int columns = (int) weight.columns();
            for (int i = 0; i < n; i++) {
                long at = stored(first + i);
                Weights.toFloats(weight, (int) (at / weight.rows()), at % weight.rows(), to, i * columns);
            }
        }
    }

    /**
     * The key rows of each head of the latent's up-projection {@code [heads · (nope + value), rank]}, transposed: rows
     * {@code [heads · rank]} of {@code nope} elements.
     */
    record KeyUp(Weight up, MlaMoeConfig.Attention attention) implements RowSource {
        @Override
        public boolean isStoredAs(DType dtype) {
            return false;
        }

        @Override
        public void copy(long row, MemorySegment to, long offset) {
            throw new UnsupportedOperationException("rows are transposed");
        }

        @Override
        public void read(long first, int n, float[] to) {
            int rank = attention.kvLoraRank();
            int nope = attention.qkNopeHeadDim();
            float[] head = new float[nope * rank];
            long loaded = -1;
            for (int i = 0; i < n; i++) {
                long h = (first + i) / rank;
                int r = (int) ((first + i) % rank);
                if (h != loaded) {
                    for (int d = 0; d < nope; d++) {
                        Weights.toFloats(up, 0, h * (nope + attention.vHeadDim()) + d, head, d * rank);
                    }
                    loaded = h;
                }
                for (int d = 0; d < nope; d++) {
                    to[i * nope + d] = head[d * rank + r];
                }
            }
        }
    }
}
