package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.graph.HeadMatmul;
import org.sluice.graph.HeadMatrix;

/** {@link HeadMatmul}: one unit of work for each head and run of rows. */
final class HeadMatmulExec implements Exec, WorkerPool.Units {
    /** Most rows of a unit: few units of many rows, for a head's weights are unpacked once in each. */
    private static final int ROWS = 128;

    private final MatrixKernel kernel;
    private final HeadMatrix matrix;
    private final long extent;
    private final long x;
    private final long xStride;
    private final long headStride;
    private final long y;
    private final int width;
    private final int prepared;
    private final long preparedScratch;
    private StepContext step = EmptyStep.INSTANCE;
    private int rows;
    private int heads;

    HeadMatmulExec(HeadMatmul op, long y, Binding b, Kernels kernels) {
        matrix = op.matrix();
        kernel = kernels.matrix(matrix.weight());
        extent = op.x().rows();
        xStride = 4L * op.x().width();
        headStride = xStride / matrix.heads();
        x = b.address(op.x()) + 4L * op.offset();
        this.y = y;
        width = matrix.outputWidth();
        prepared = matrix.transposed() ? 0 : kernel.preparedRowBytes();
        preparedScratch = ((long) prepared * ROWS + 63) & ~63L;
    }

    @Override
    public long scratchBytes() {
        return kernel.scratchBytes() + preparedScratch;
    }

    @Override
    public void run(StepContext s) {
        step = s;
        rows = s.resolve(extent);
        // a step may want the result of no row at all
        long work = (long) matrix.inputWidth() * width * Math.clamp(rows, 1, ROWS);
        heads = (int) Math.min(matrix.heads(), Math.max(1, Tiles.LEAST_UNIT / work));
        s.pool.run(Math.ceilDiv(rows, ROWS) * Math.ceilDiv(matrix.heads(), heads), this);
    }

    @Override
    public void unit(int unit, int worker) {
        int groups = Math.ceilDiv(matrix.heads(), heads);
        int first = unit / groups * ROWS;
        int n = Math.min(ROWS, rows - first);
        int begin = unit % groups * heads;
        for (int h = begin; h < Math.min(begin + heads, matrix.heads()); h++) {
            head(h, first, n, step.scratch(worker));
        }
    }

    private void head(int h, int first, int n, long scratch) {
        long from = x + first * xStride + h * headStride;
        long yStride = 4L * width * matrix.heads();
        long to = y + first * yStride + 4L * h * width;
        long start = matrix.startRow(h);
        if (matrix.transposed()) {
            kernel.multiplyTransposed(matrix.slice(h), from, xStride, n, to, yStride, start, matrix.rows(), scratch);
            return;
        }
        long stride = xStride;
        if (prepared > 0) {
            kernel.prepare(from, xStride, n, scratch);
            from = scratch;
            stride = prepared;
        }
        kernel.multiply(
                matrix.slice(h), from, stride, n, to, yStride, start, start + matrix.rows(), scratch + preparedScratch);
    }
}
