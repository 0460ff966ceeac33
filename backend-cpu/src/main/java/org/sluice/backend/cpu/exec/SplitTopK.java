package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Mem;

/**
 * The k largest of very many scores, found by several threads: each selects among a part of the positions, and the selected ones
 * of all parts go through one more selection. Whoever belongs to the k largest of all belongs to those of its part, ties
 * included, so the result is that of a single selection. Where a context is too short for two parts, there is a single one.
 */
final class SplitTopK {
    /** Least positions of a part: its scores stay in the second-level cache through the passes of a selection. */
    private static final int PART = 1 << 14;
    /** A part passes at most one of so many scores on: more would make the last selection a long one, too. */
    private static final int THINNED = 32;

    private final Kernels kernels;
    private final int k;
    private final int part;
    private final int maxContext;
    private final int maxRows;
    private final long rowBytes;
    private long candidates;

    /** @param maxRows rows whose candidates are kept at the same time */
    SplitTopK(Kernels kernels, int k, int maxContext, int maxRows) {
        this.kernels = kernels;
        this.k = k;
        this.maxContext = maxContext;
        this.maxRows = maxRows;
        part = Math.toIntExact(Math.max(PART, Math.min(Integer.MAX_VALUE, (long) THINNED * k)));
        rowBytes = 4L * k * parts(maxContext);
    }

    /** Bytes of a worker's scratch memory. */
    long scratchBytes() {
        return kernels.selectScratch(maxContext);
    }

    /** Bytes that all workers share. */
    long sharedBytes() {
        return 2 * rowBytes * maxRows;
    }

    void share(long address) {
        candidates = address;
    }

    /** Parts of a context, each to be given to {@link #select}; 0 where {@link #finish} does everything. */
    int parts(int context) {
        return context < 2 * (long) part ? 0 : Math.ceilDiv(context, part);
    }

    /** Selects among a part of a row's scores. */
    void select(int row, int number, long scores, int context, long scratch) {
        int begin = number * part;
        int n = Math.min(part, context - begin);
        long from = scores + 4L * begin;
        long positions = positions(row) + 4L * k * number;
        long values = values(row) + 4L * k * number;
        int found = Math.min(n, k);
        if (n > k) {
            kernels.selectTopK(from, n, k, positions, scratch);
        }
        for (int i = 0; i < found; i++) {
            int at = n > k ? Mem.getInt(positions + 4L * i) : i;
            Mem.putInt(positions + 4L * i, begin + at);
            Mem.putFloat(values + 4L * i, Mem.getFloat(from + 4L * at));
        }
    }

    /** Writes a row's selection once its parts are through; a context of no more than k positions is selected as a whole. */
    void finish(int row, long scores, int context, long out, long scratch) {
        if (context <= k) {
            for (int s = 0; s < k; s++) {
                Mem.putInt(out + 4L * s, s < context ? s : -1);
            }
            return;
        }
        int parts = parts(context);
        if (parts == 0) {
            kernels.selectTopK(scores, context, k, out, scratch);
            return;
        }
        // all parts but the last have passed k on, so there is no gap
        int passed = (parts - 1) * k + Math.min(k, context - (parts - 1) * part);
        kernels.selectTopK(values(row), passed, k, out, scratch);
        for (int i = 0; i < k; i++) {
            Mem.putInt(out + 4L * i, Mem.getInt(positions(row) + 4L * Mem.getInt(out + 4L * i)));
        }
    }

    private long positions(int row) {
        return candidates + 2 * rowBytes * row;
    }

    private long values(int row) {
        return positions(row) + rowBytes;
    }
}
