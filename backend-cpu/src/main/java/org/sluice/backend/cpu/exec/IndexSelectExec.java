package org.sluice.backend.cpu.exec;

import org.jspecify.annotations.Nullable;
import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.graph.IndexScores;
import org.sluice.graph.SelectTopK;

/**
 * {@link IndexScores} and {@link SelectTopK} in one: scores live in a small shared buffer for a few rows at a time instead
 * of a matrix as wide as the context, and rows whose whole context is selected are never scored.
 */
final class IndexSelectExec implements Exec, WorkerPool.Units {
    /** Positions a unit scores. */
    private static final int CHUNK = 512;
    /** Bytes of scores kept at a time, where the context leaves a choice. */
    private static final long BUDGET = 32L << 20;

    private final Kernels kernels;
    private final IndexScores op;
    private final int k;
    private final long query;
    private final long weights;
    private final long stateOffset;
    private final int rowBytes;
    private final long y;
    private final int group;
    private final long stride;
    private final int maxContext;
    private final @Nullable DecodedRows decoded;
    private final long indexScratch;
    private long scores;
    private StepContext step = EmptyStep.INSTANCE;
    private int first;
    private int rows;
    private int chunks;
    private boolean scoring;

    IndexSelectExec(IndexScores op, SelectTopK select, long y, Binding b, Kernels kernels) {
        this.kernels = kernels;
        this.op = op;
        k = select.k();
        query = b.address(op.query());
        weights = b.address(op.weights());
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        this.y = y;
        maxContext = b.maxContext();
        stride = (4L * maxContext + 63) & ~63L;
        group = Math.clamp(BUDGET / stride, 1, b.maxRows());
        decoded = DecodedRows.needed(op.cache()) ? new DecodedRows(op.cache(), b, kernels) : null;
        indexScratch = (kernels.indexScratch() + 63) & ~63L;
    }

    @Override
    public long scratchBytes() {
        long keys = decoded == null ? 0 : decoded.scratchBytes(CHUNK);
        return Math.max(kernels.selectScratch(maxContext), indexScratch + keys);
    }

    @Override
    public long sharedBytes() {
        return stride * group;
    }

    @Override
    public void share(long address) {
        scores = address;
    }

    @Override
    public void run(StepContext s) {
        step = s;
        for (first = 0; first < s.rows; first += group) {
            rows = Math.min(group, s.rows - first);
            int longest = 0;
            for (int r = first; r < first + rows; r++) {
                longest = Math.max(longest, s.position[r] + 1);
            }
            chunks = Math.ceilDiv(longest, CHUNK);
            if (longest > k) {
                scoring = true;
                s.pool.run(rows * chunks, this);
            }
            scoring = false;
            s.pool.run(rows, this);
        }
    }

    @Override
    public void unit(int unit, int worker) {
        if (scoring) {
            score(unit / chunks, unit % chunks * CHUNK, step.scratch(worker));
        } else {
            select(unit, worker);
        }
    }

    private void score(int r, int begin, long scratch) {
        int row = first + r;
        int context = step.position[row] + 1;
        if (context <= k || begin >= context) {
            return;
        }
        int end = Math.min(context, begin + CHUNK);
        boolean decode = decoded != null;
        long pages = decoded == null
                ? step.pages[row]
                : decoded.decode(step, row, 0, begin, end - begin, scratch + indexScratch);
        kernels.indexScores(
                query + 4L * row * op.query().width(),
                weights + 4L * row * op.heads(),
                op.heads(),
                op.cache().width(),
                pages,
                decode ? DecodedRows.PAGE_SHIFT : step.pageShift,
                decode ? 0 : stateOffset,
                decode ? 4 * op.cache().width() : rowBytes,
                decode ? 0 : begin,
                decode ? end - begin : end,
                op.scale(),
                scores + r * stride + 4L * begin,
                scratch);
    }

    private void select(int r, int worker) {
        int row = first + r;
        int context = step.position[row] + 1;
        long out = y + 4L * row * k;
        if (context > k) {
            kernels.selectTopK(scores + r * stride, context, k, out, step.scratch(worker));
        } else {
            for (int s = 0; s < k; s++) {
                Mem.putInt(out + 4L * s, s < context ? s : -1);
            }
        }
    }
}
