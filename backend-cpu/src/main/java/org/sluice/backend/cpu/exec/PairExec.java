package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.Add;
import org.sluice.graph.SwiGlu;

/** {@link Add} and {@link SwiGlu}: two values of the same shape, element by element. */
final class PairExec extends RowsExec {
    private final Kernels kernels;
    private final boolean gated;
    private final long a;
    private final long b;
    private final long y;
    private final int width;

    PairExec(Add op, long y, Binding binding, Kernels kernels) {
        super(op.a().rows());
        this.kernels = kernels;
        gated = false;
        a = binding.address(op.a());
        b = binding.address(op.b());
        this.y = y;
        width = op.a().width();
    }

    PairExec(SwiGlu op, long y, Binding binding, Kernels kernels) {
        super(op.gate().rows());
        this.kernels = kernels;
        gated = true;
        a = binding.address(op.gate());
        b = binding.address(op.up());
        this.y = y;
        width = op.gate().width();
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long at = 4L * r * width;
        if (gated) {
            kernels.swiGlu(a + at, b + at, width, y + at);
        } else {
            kernels.add(a + at, b + at, width, y + at);
        }
    }
}
