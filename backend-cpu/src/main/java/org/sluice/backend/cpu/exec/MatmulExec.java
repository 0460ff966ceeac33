package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.graph.Matmul;

/** {@link Matmul}: outputs divided among threads, activations prepared once. */
final class MatmulExec implements Exec, WorkerPool.Units {
    private final MatrixKernel kernel;
    private final long extent;
    private final long x;
    private final long y;
    private final int in;
    private final int out;
    private final int prepared;
    private final int maxRows;
    private long preparedAt;
    private StepContext step = EmptyStep.INSTANCE;
    private int rows;
    private int tile;
    private boolean preparing;

    MatmulExec(Matmul op, long y, Binding b, Kernels kernels) {
        kernel = kernels.matrix(op.weight());
        extent = op.x().rows();
        x = b.address(op.x());
        this.y = y;
        in = op.x().width();
        out = Math.toIntExact(op.weight().rows());
        prepared = kernel.preparedRowBytes();
        maxRows = b.maxRows();
    }

    @Override
    public long scratchBytes() {
        return kernel.scratchBytes();
    }

    @Override
    public long sharedBytes() {
        return (long) prepared * maxRows;
    }

    @Override
    public void share(long address) {
        preparedAt = address;
    }

    @Override
    public void run(StepContext s) {
        step = s;
        rows = s.resolve(extent);
        if (prepared > 0) {
            preparing = true;
            s.pool.run(Math.ceilDiv(rows, Tiles.PREPARED_ROWS), this);
        }
        preparing = false;
        tile = Tiles.outputs(out, (long) in * rows, kernel.grain(rows), s.pool.workers());
        s.pool.run(Math.ceilDiv(out, tile), this);
    }

    @Override
    public void unit(int unit, int worker) {
        if (preparing) {
            int first = unit * Tiles.PREPARED_ROWS;
            int n = Math.min(Tiles.PREPARED_ROWS, rows - first);
            kernel.prepare(x + 4L * first * in, 4L * in, n, preparedAt + (long) first * prepared);
            return;
        }
        long begin = (long) unit * tile;
        long end = Math.min(out, begin + tile);
        long from = prepared > 0 ? preparedAt : x;
        long stride = prepared > 0 ? prepared : 4L * in;
        kernel.multiply(0, from, stride, rows, y + 4 * begin, 4L * out, begin, end, step.scratch(worker));
    }
}
