package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.CacheType;
import org.sluice.graph.State;

/**
 * Rows of a cache that is not F32, decoded into scratch memory that looks like one page: kernels read it as they read an F32
 * cache. A row is decoded once for all heads.
 */
final class DecodedRows {
    /** So large a page that every position is in the first. */
    static final int PAGE_SHIFT = 30;

    private static final int TABLE = 64;

    private final Kernels kernels;
    private final State state;
    private final long offset;
    private final int rowBytes;

    DecodedRows(State state, Binding b, Kernels kernels) {
        this.kernels = kernels;
        this.state = state;
        offset = b.stateOffset(state);
        rowBytes = b.stateRowBytes(state);
    }

    /** Whether rows of this state have to be decoded. */
    static boolean needed(State s) {
        return s.type() != CacheType.F32;
    }

    /** Bytes of a decoded row. */
    int bytes() {
        return 4 * state.width();
    }

    /** Scratch bytes for {@code rows}. */
    long scratchBytes(long rows) {
        return TABLE + rows * bytes();
    }

    /**
     * Decodes rows of the sequence of a step's row.
     *
     * @param selection I32 positions, or 0 for {@code first} and what follows
     * @return address of the page table
     */
    long decode(StepContext step, int row, long selection, int first, int count, long scratch) {
        Mem.putLong(scratch, scratch + TABLE);
        for (int t = 0; t < count; t++) {
            int at = selection == 0 ? first + t : Mem.getInt(selection + 4L * t);
            kernels.decodeRow(state, step.cacheRow(row, at, offset, rowBytes), scratch + TABLE + (long) t * bytes());
        }
        return scratch;
    }
}
