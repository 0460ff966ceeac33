package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.graph.SelectTopK;

/** {@link SelectTopK} over scores that are a value of their own, row by row: it is for looking at scores. */
final class SelectTopKExec implements Exec, WorkerPool.Units {
    private final SplitTopK selection;
    private final long extent;
    private final long scores;
    private final int k;
    private final long y;
    private StepContext step = EmptyStep.INSTANCE;
    private int row;

    SelectTopKExec(SelectTopK op, long y, Binding b, Kernels kernels) {
        extent = op.scores().rows();
        scores = b.address(op.scores());
        k = op.k();
        this.y = y;
        selection = new SplitTopK(kernels, k, b.maxContext(), 1);
    }

    @Override
    public long scratchBytes() {
        return selection.scratchBytes();
    }

    @Override
    public long sharedBytes() {
        return selection.sharedBytes();
    }

    @Override
    public void share(long address) {
        selection.share(address);
    }

    @Override
    public void run(StepContext s) {
        step = s;
        int rows = s.resolve(extent);
        for (row = 0; row < rows; row++) {
            s.pool.run(selection.parts(s.position[row] + 1), this);
            selection.finish(0, scores(), s.position[row] + 1, y + 4L * row * k, s.scratch(0));
        }
    }

    private long scores() {
        return scores + 4L * row * step.context;
    }

    @Override
    public void unit(int unit, int worker) {
        selection.select(0, unit, scores(), step.position[row] + 1, step.scratch(worker));
    }
}
