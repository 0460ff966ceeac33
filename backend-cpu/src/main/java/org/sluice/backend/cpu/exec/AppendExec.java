package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.RopeTable;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;

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
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long from = x + 4L * r * width;
        long to = step.cacheRow(r, step.position[r], stateOffset, rowBytes);
        if (bias == 0) {
            kernels.rmsNorm(from, weight, normed, epsilon, to);
            table.turn(r, from + 4L * turned, to + 4L * turned);
        } else {
            kernels.layerNorm(from, weight, bias, normed, epsilon, to);
            table.turn(r, to, to);
        }
    }
}
