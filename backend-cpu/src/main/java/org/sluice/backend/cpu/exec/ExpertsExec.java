package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.kernel.MatrixKernel;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.ExpertFeedForward;

/**
 * {@link ExpertFeedForward}: rows are grouped by expert, so that each expert's weights are read once however many rows chose
 * it; a row's results are summed by ascending expert, whoever else is in the step.
 */
final class ExpertsExec implements Exec, WorkerPool.Units {
    private enum Stage {
        PREPARE_X,
        GATHER,
        GATE_UP,
        PREPARE_H,
        DOWN
    }

    private final Kernels kernels;
    private final MatrixKernel gate;
    private final MatrixKernel up;
    private final MatrixKernel down;
    private final long extent;
    private final long x;
    private final long ids;
    private final long weights;
    private final long y;
    private final int width;
    private final int inner;
    private final int k;
    private final int experts;
    private final int maxPairs;
    private final int maxRows;
    private final int xBytes;
    private final int hBytes;
    private final boolean twoForms;

    private final int[] start;
    private final int[] cursor;
    private final int[] pairRow;
    private final float[] pairWeight;
    private final int[] active;
    private int activeCount;

    private long xPrepared;
    private long gathered;
    private long h;
    private long hPrepared;
    private StepContext step = EmptyStep.INSTANCE;
    private Stage stage = Stage.GATHER;
    private int rows;
    private int tile;

    ExpertsExec(ExpertFeedForward op, long y, Binding b, Kernels kernels) {
        this.kernels = kernels;
        gate = kernels.matrix(op.gate());
        up = kernels.matrix(op.up());
        down = kernels.matrix(op.down());
        extent = op.x().rows();
        x = b.address(op.x());
        ids = b.address(op.experts());
        weights = b.address(op.weights());
        this.y = y;
        width = op.x().width();
        inner = Math.toIntExact(op.gate().rows());
        k = op.experts().width();
        experts = op.gate().slices().size();
        maxRows = b.maxRows();
        maxPairs = Math.multiplyExact(maxRows, k);
        twoForms = op.gate().dtype() != op.up().dtype();
        // gate and up usually share a format and so their prepared activations; if not, both read F32
        xBytes = twoForms ? 0 : gate.preparedRowBytes();
        hBytes = down.preparedRowBytes();
        start = new int[experts + 1];
        cursor = new int[experts];
        pairRow = new int[maxPairs];
        pairWeight = new float[maxPairs];
        active = new int[experts];
    }

    @Override
    public long scratchBytes() {
        long kernel = Math.max(gate.scratchBytes(), Math.max(up.scratchBytes(), down.scratchBytes()));
        long forms = twoForms ? (long) Math.max(gate.preparedRowBytes(), up.preparedRowBytes()) * maxRows : 0;
        return align(kernel) + align(forms) + 2 * resultBytes();
    }

    @Override
    public long sharedBytes() {
        return align((long) xBytes * maxRows)
                + align((long) rowBytes() * maxPairs)
                + align(4L * inner * maxPairs)
                + align((long) hBytes * maxPairs);
    }

    @Override
    public void share(long address) {
        xPrepared = address;
        gathered = xPrepared + align((long) xBytes * maxRows);
        h = gathered + align((long) rowBytes() * maxPairs);
        hPrepared = h + align(4L * inner * maxPairs);
    }

    private static long align(long bytes) {
        return (bytes + 63) & ~63L;
    }

    /**
     * What one expert's products with {@link #maxRows} rows take. Room for two lies in front of the kernels' own scratch: rows of
     * the results proper are a power of two or so apart and would drive each other out of the caches while they are worked on.
     */
    private long resultBytes() {
        return 4L * Tiles.EXPERT_OUTPUTS * maxRows;
    }

    /** Bytes of a row of activations as gate and up read it. */
    private int rowBytes() {
        return xBytes > 0 ? xBytes : 4 * width;
    }

    @Override
    public void run(StepContext s) {
        step = s;
        rows = s.resolve(extent);
        if (rows == 0) {
            return;
        }
        group();
        if (xBytes > 0) {
            small(Stage.PREPARE_X, rows, width);
        }
        if (rows > 1) {
            small(Stage.GATHER, rows * k, width);
        }
        int ofExpert = Math.ceilDiv(rows * k, activeCount);
        long work = (long) width * ofExpert;
        tile = Tiles.expertOutputs(inner, activeCount, work, gate.grain(ofExpert), s.pool.workers());
        phase(Stage.GATE_UP, activeCount * Math.ceilDiv(inner, tile));
        if (hBytes > 0) {
            small(Stage.PREPARE_H, rows * k, inner);
        }
        work = (long) inner * rows * k;
        tile = Tiles.expertOutputs(width, 1, work, down.grain(ofExpert), s.pool.workers());
        phase(Stage.DOWN, Math.ceilDiv(width, tile));
    }

    private void phase(Stage s, int units) {
        stage = s;
        step.pool.run(units, this);
    }

    /** A phase that other threads are called to only where it is long. */
    private void small(Stage s, int count, int numbers) {
        int units = Math.ceilDiv(count, Tiles.PREPARED_ROWS);
        if (Tiles.worthSharing((long) count * numbers)) {
            phase(s, units);
            return;
        }
        stage = s;
        for (int u = 0; u < units; u++) {
            unit(u, 0);
        }
    }

    /** Sorts the pairs of row and expert by expert, rows ascending. */
    private void group() {
        java.util.Arrays.fill(start, 0);
        int pairs = rows * k;
        for (int p = 0; p < pairs; p++) {
            int e = Mem.getInt(ids + 4L * p);
            if (e < 0 || e >= experts) {
                throw new InvalidRequestException("expert " + e + " of " + experts + " was asked for");
            }
            start[e + 1]++;
        }
        activeCount = 0;
        for (int e = 0; e < experts; e++) {
            if (start[e + 1] > rows) {
                throw new InvalidRequestException("a row asked for expert " + e + " twice");
            }
            if (start[e + 1] > 0) {
                active[activeCount++] = e;
            }
            cursor[e] = start[e];
            start[e + 1] += start[e];
        }
        for (int p = 0; p < pairs; p++) {
            int at = cursor[Mem.getInt(ids + 4L * p)]++;
            pairRow[at] = p / k;
            pairWeight[at] = Mem.getFloat(weights + 4L * p);
        }
    }

    @Override
    public void unit(int unit, int worker) {
        switch (stage) {
            case PREPARE_X -> {
                int first = unit * Tiles.PREPARED_ROWS;
                int n = Math.min(Tiles.PREPARED_ROWS, rows - first);
                gate.prepare(x + 4L * first * width, 4L * width, n, xPrepared + (long) first * xBytes);
            }
            case GATHER -> {
                int end = Math.min(rows * k, (unit + 1) * Tiles.PREPARED_ROWS);
                int bytes = rowBytes();
                long from = xBytes > 0 ? xPrepared : x;
                for (int p = unit * Tiles.PREPARED_ROWS; p < end; p++) {
                    Mem.copy(from + (long) pairRow[p] * bytes, gathered + (long) p * bytes, bytes);
                }
            }
            case GATE_UP -> gateUp(unit, step.scratch(worker));
            case PREPARE_H -> {
                int first = unit * Tiles.PREPARED_ROWS;
                int n = Math.min(Tiles.PREPARED_ROWS, rows * k - first);
                down.prepare(h + 4L * first * inner, 4L * inner, n, hPrepared + (long) first * hBytes);
            }
            case DOWN -> down(unit, step.scratch(worker));
        }
    }

    private void gateUp(int unit, long scratch) {
        int tiles = Math.ceilDiv(inner, tile);
        int e = active[unit / tiles];
        int begin = unit % tiles * tile;
        int end = Math.min(inner, begin + tile);
        int bytes = rowBytes();
        long stride = 4L * (end - begin);
        long upAt = scratch + resultBytes();
        long kernelScratch = upAt + resultBytes();
        int first = start[e];
        int n = start[e + 1] - first;
        long from = rows > 1 ? gathered + (long) first * bytes : xBytes > 0 ? xPrepared : x;
        product(gate, e, from, bytes, n, scratch, stride, begin, end, kernelScratch);
        product(up, e, from, bytes, n, upAt, stride, begin, end, kernelScratch);
        for (int r = 0; r < n; r++) {
            long to = h + 4L * ((long) (first + r) * inner + begin);
            kernels.swiGlu(scratch + r * stride, upAt + r * stride, end - begin, to);
        }
    }

    private void product(
            MatrixKernel m,
            int e,
            long from,
            long stride,
            int n,
            long to,
            long toStride,
            int begin,
            int end,
            long scratch) {
        int form = m.preparedRowBytes();
        if (twoForms && form > 0) {
            long kernel = align(Math.max(gate.scratchBytes(), up.scratchBytes()));
            m.prepare(from, stride, n, scratch + kernel);
            m.multiply(e, scratch + kernel, form, n, to, toStride, begin, end, scratch);
        } else {
            m.multiply(e, from, stride, n, to, toStride, begin, end, scratch);
        }
    }

    private void down(int unit, long scratch) {
        int begin = unit * tile;
        int end = Math.min(width, begin + tile);
        int n = end - begin;
        long stride = 4L * n;
        long from = hBytes > 0 ? hPrepared : h;
        long fromStride = hBytes > 0 ? hBytes : 4L * inner;
        long sums = scratch + resultBytes();
        Mem.zero(sums, (long) rows * n);
        for (int a = 0; a < activeCount; a++) {
            int e = active[a];
            int first = start[e];
            int m = start[e + 1] - first;
            long at = from + first * fromStride;
            down.multiply(e, at, fromStride, m, scratch, stride, begin, end, sums + resultBytes());
            for (int p = first; p < first + m; p++) {
                kernels.addScaled(scratch + (p - first) * stride, pairWeight[p], n, sums + pairRow[p] * stride);
            }
        }
        for (int r = 0; r < rows; r++) {
            Mem.copy(sums + r * stride, y + 4L * ((long) r * width + begin), stride);
        }
    }
}
