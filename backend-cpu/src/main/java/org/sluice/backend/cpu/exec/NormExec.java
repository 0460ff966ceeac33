package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.LayerNorm;
import org.sluice.graph.RmsNorm;

/** {@link RmsNorm} and {@link LayerNorm}. */
final class NormExec extends RowsExec {
    private final Kernels kernels;
    private final long x;
    private final long weight;
    private final long bias;
    private final long y;
    private final int width;
    private final float epsilon;

    NormExec(RmsNorm op, long y, Binding b, Kernels kernels) {
        super(op.x().rows());
        this.kernels = kernels;
        x = b.address(op.x());
        weight = b.vector(op.weight());
        bias = 0;
        this.y = y;
        width = op.x().width();
        epsilon = op.epsilon();
    }

    NormExec(LayerNorm op, long y, Binding b, Kernels kernels) {
        super(op.x().rows());
        this.kernels = kernels;
        x = b.address(op.x());
        weight = b.vector(op.weight());
        bias = b.vector(op.bias());
        this.y = y;
        width = op.x().width();
        epsilon = op.epsilon();
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long at = 4L * r * width;
        if (bias == 0) {
            kernels.rmsNorm(x + at, weight, width, epsilon, y + at);
        } else {
            kernels.layerNorm(x + at, weight, bias, width, epsilon, y + at);
        }
    }
}
