package org.sluice.backend.cpu.exec;

import org.jspecify.annotations.Nullable;
import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.IndexScores;
import org.sluice.tensor.Shape;

/** {@link IndexScores} as a value of its own, {@code [rows, context]}. */
final class IndexScoresExec extends RowsExec {
    /** Keys that are decoded at a time. */
    private static final int CHUNK = 512;

    private final Kernels kernels;
    private final IndexScores op;
    private final long query;
    private final long weights;
    private final long stateOffset;
    private final int rowBytes;
    private final long y;
    private final @Nullable DecodedRows decoded;
    private final long indexScratch;

    IndexScoresExec(IndexScores op, long y, Binding b, Kernels kernels) {
        super(Shape.ROWS);
        this.kernels = kernels;
        this.op = op;
        query = b.address(op.query());
        weights = b.address(op.weights());
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        this.y = y;
        decoded = DecodedRows.needed(op.cache()) ? new DecodedRows(op.cache(), b, kernels) : null;
        indexScratch = (kernels.indexScratch() + 63) & ~63L;
    }

    @Override
    public long scratchBytes() {
        return indexScratch + (decoded == null ? 0 : decoded.scratchBytes(CHUNK));
    }

    @Override
    void row(int r, int worker, StepContext step) {
        int context = step.position[r] + 1;
        long out = y + 4L * r * step.context;
        if (decoded == null) {
            score(r, step.pages[r], step.pageShift, stateOffset, rowBytes, context, out, step.scratch(worker));
        } else {
            for (int at = 0; at < context; at += CHUNK) {
                int n = Math.min(CHUNK, context - at);
                long scratch = step.scratch(worker);
                long pages = decoded.decode(step, r, 0, at, n, scratch + indexScratch);
                score(r, pages, DecodedRows.PAGE_SHIFT, 0, decoded.bytes(), n, out + 4L * at, scratch);
            }
        }
        for (int s = context; s < step.context; s++) {
            Mem.putFloat(out + 4L * s, Float.NEGATIVE_INFINITY);
        }
    }

    private void score(int r, long pages, int pageShift, long offset, int bytes, int count, long out, long scratch) {
        kernels.indexScores(
                query + 4L * r * op.query().width(),
                weights + 4L * r * op.heads(),
                op.heads(),
                op.cache().width(),
                pages,
                pageShift,
                offset,
                bytes,
                0,
                count,
                op.scale(),
                out,
                scratch);
    }
}
