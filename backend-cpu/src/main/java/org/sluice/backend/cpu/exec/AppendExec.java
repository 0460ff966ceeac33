package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.CacheRows;
import org.sluice.backend.cpu.runtime.RopeTable;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.State;

/** {@link AppendLatent} and {@link AppendIndexKey}: norm and rotation straight into the cache. */
final class AppendExec extends RowsExec {
    private final Kernels kernels;
    private final RopeTable table;
    private final long x;
    private final long weight;
    private final long bias;
    private final float epsilon;
    private final int width;
    private final int normed;
    private final int turned;
    private final long stateOffset;
    private final int rowBytes;
    private final State cache;

    AppendExec(AppendLatent op, Binding b, Kernels kernels) {
        super(op.x().rows());
        this.kernels = kernels;
        table = b.rope(op.rope());
        x = b.address(op.x());
        weight = b.vector(op.weight());
        bias = 0;
        epsilon = op.epsilon();
        width = op.cache().width();
        normed = op.cache().latent();
        turned = op.cache().latent();
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        cache = op.cache();
    }

    AppendExec(AppendIndexKey op, Binding b, Kernels kernels) {
        super(op.x().rows());
        this.kernels = kernels;
        table = b.rope(op.rope());
        x = b.address(op.x());
        weight = b.vector(op.weight());
        bias = b.vector(op.bias());
        epsilon = op.epsilon();
        width = op.cache().width();
        normed = width;
        turned = 0;
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        cache = op.cache();
    }

    @Override
    public long scratchBytes() {
        return DecodedRows.needed(cache) ? 4L * width : 0;
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long from = x + 4L * r * width;
        long row = step.cacheRow(r, step.position[r], stateOffset, rowBytes);
        boolean encodes = DecodedRows.needed(cache);
        long to = encodes ? step.scratch(worker) : row;
        if (bias == 0) {
            kernels.rmsNorm(from, weight, normed, epsilon, to);
            table.turn(r, from + 4L * turned, to + 4L * turned);
        } else {
            kernels.layerNorm(from, weight, bias, normed, epsilon, to);
            table.turn(r, to, to);
        }
        if (encodes) {
            CacheRows.encode(cache, to, row);
        }
    }
}
