package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.SelectTopK;

/** {@link SelectTopK} over scores that are a value of their own. */
final class SelectTopKExec extends RowsExec {
    private final Kernels kernels;
    private final long scores;
    private final int k;
    private final long y;
    private final int maxContext;

    SelectTopKExec(SelectTopK op, long y, Binding b, Kernels kernels) {
        super(op.scores().rows());
        this.kernels = kernels;
        scores = b.address(op.scores());
        k = op.k();
        this.y = y;
        maxContext = b.maxContext();
    }

    @Override
    public long scratchBytes() {
        return kernels.selectScratch(maxContext);
    }

    @Override
    void row(int r, int worker, StepContext step) {
        int context = step.position[r] + 1;
        long out = y + 4L * r * k;
        if (context > k) {
            kernels.selectTopK(scores + 4L * r * step.context, context, k, out, step.scratch(worker));
            return;
        }
        for (int s = 0; s < k; s++) {
            Mem.putInt(out + 4L * s, s < context ? s : -1);
        }
    }
}
