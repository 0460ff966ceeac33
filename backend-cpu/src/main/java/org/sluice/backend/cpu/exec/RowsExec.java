package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;

/** An operation that treats each row on its own: rows are handed out in small runs. */
abstract class RowsExec implements Exec, WorkerPool.Units {
    /** Rows a unit takes: few enough to share out, enough to be worth handing over. */
    private static final int RUN = 4;

    private final long extent;
    private StepContext step = EmptyStep.INSTANCE;
    private int rows;

    /** An operation over the rows that {@code extent} stands for. */
    RowsExec(long extent) {
        this.extent = extent;
    }

    /** Computes one row. */
    abstract void row(int row, int worker, StepContext step);

    @Override
    public void run(StepContext s) {
        step = s;
        rows = s.resolve(extent);
        s.pool.run(Math.ceilDiv(rows, RUN), this);
    }

    @Override
    public void unit(int unit, int worker) {
        int end = Math.min(rows, (unit + 1) * RUN);
        for (int r = unit * RUN; r < end; r++) {
            row(r, worker, step);
        }
    }
}
