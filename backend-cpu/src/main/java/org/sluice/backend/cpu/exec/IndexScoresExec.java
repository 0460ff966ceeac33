package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.IndexScores;
import org.sluice.tensor.Shape;

/** {@link IndexScores} as a value of its own, {@code [rows, context]}. */
final class IndexScoresExec extends RowsExec {
    private final Kernels kernels;
    private final IndexScores op;
    private final long query;
    private final long weights;
    private final long stateOffset;
    private final int rowBytes;
    private final long y;

    IndexScoresExec(IndexScores op, long y, Binding b, Kernels kernels) {
        super(Shape.ROWS);
        this.kernels = kernels;
        this.op = op;
        query = b.address(op.query());
        weights = b.address(op.weights());
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        this.y = y;
    }

    @Override
    public long scratchBytes() {
        return kernels.indexScratch();
    }

    @Override
    void row(int r, int worker, StepContext step) {
        int context = step.position[r] + 1;
        long out = y + 4L * r * step.context;
        kernels.indexScores(
                query + 4L * r * op.query().width(),
                weights + 4L * r * op.heads(),
                op.heads(),
                op.cache().width(),
                step.pages[r],
                step.pageShift,
                stateOffset,
                rowBytes,
                0,
                context,
                op.scale(),
                out,
                step.scratch(worker));
        for (int s = context; s < step.context; s++) {
            Mem.putFloat(out + 4L * s, Float.NEGATIVE_INFINITY);
        }
    }
}
