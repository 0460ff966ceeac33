package org.sluice.backend.cpu.exec;

import org.jspecify.annotations.Nullable;
import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
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

    private enum Stage {
        SCORE,
        SELECT,
        FINISH
    }

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
    private final SplitTopK selection;
    private final @Nullable DecodedRows decoded;
    private final long indexScratch;
    private long scores;
    private StepContext step = EmptyStep.INSTANCE;
    private int first;
    private int rows;
    private int chunks;
    private int parts;
    private Stage stage = Stage.SCORE;

    IndexSelectExec(IndexScores op, SelectTopK select, long y, Binding b, Kernels kernels) {
        this.kernels = kernels;
        this.op = op;
        k = select.k();
        query = b.address(op.query());
        weights = b.address(op.weights());
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        this.y = y;
        stride = (4L * b.maxContext() + 63) & ~63L;
        group = Math.clamp(BUDGET / stride, 1, b.maxRows());
        selection = new SplitTopK(kernels, k, b.maxContext(), group);
        decoded = DecodedRows.needed(op.cache()) ? new DecodedRows(op.cache(), b, kernels) : null;
        indexScratch = (kernels.indexScratch() + 63) & ~63L;
    }

    @Override
    public long scratchBytes() {
        long keys = decoded == null ? 0 : decoded.scratchBytes(CHUNK);
        return Math.max(selection.scratchBytes(), indexScratch + keys);
    }

    @Override
    public long sharedBytes() {
        return stride * group + selection.sharedBytes();
    }

    @Override
    public void share(long address) {
        scores = address;
        selection.share(address + stride * group);
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
                stage = Stage.SCORE;
                s.pool.run(rows * chunks, this);
            }
            parts = selection.parts(longest);
            if (parts > 0) {
                stage = Stage.SELECT;
                s.pool.run(rows * parts, this);
            }
            stage = Stage.FINISH;
            s.pool.run(rows, this);
        }
    }

    @Override
    public void unit(int unit, int worker) {
        long scratch = step.scratch(worker);
        switch (stage) {
            case SCORE -> score(unit / chunks, unit % chunks * CHUNK, scratch);
            case SELECT -> {
                int r = unit / parts;
                if (unit % parts < selection.parts(context(r))) {
                    selection.select(r, unit % parts, scores + r * stride, context(r), scratch);
                }
            }
            case FINISH ->
                selection.finish(unit, scores + unit * stride, context(unit), y + 4L * (first + unit) * k, scratch);
        }
    }

    /** Positions that a row of the group sees. */
    private int context(int r) {
        return step.position[first + r] + 1;
    }

    private void score(int r, int begin, long scratch) {
        int row = first + r;
        int context = context(r);
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
}
