package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.ArgMax;
import org.sluice.graph.TopLogits;

/** {@link ArgMax} and {@link TopLogits}. */
final class TopLogitsExec extends RowsExec {
    private final Kernels kernels;
    private final long x;
    private final int width;
    private final int k;
    private final long ids;
    private final long values;

    TopLogitsExec(ArgMax op, long ids, Binding b, Kernels kernels) {
        super(op.x().rows());
        this.kernels = kernels;
        x = b.address(op.x());
        width = op.x().width();
        k = 0;
        this.ids = ids;
        values = 0;
    }

    TopLogitsExec(TopLogits op, long ids, long values, Binding b, Kernels kernels) {
        super(op.x().rows());
        this.kernels = kernels;
        x = b.address(op.x());
        width = op.x().width();
        k = op.k();
        this.ids = ids;
        this.values = values;
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long from = x + 4L * r * width;
        if (k == 0) {
            Mem.putInt(ids + 4L * r, kernels.argMax(from, width));
            return;
        }
        long id = ids + 4L * r * k;
        long value = values + 4L * r * k;
        int held = 0;
        for (int i = 0; i < width; i++) {
            float v = Mem.getFloat(from + 4L * i);
            if (held == k && v <= Mem.getFloat(value + 4L * (k - 1))) {
                continue;
            }
            // insertion keeps the list sorted; equal values stay in the order of their indices
            int at = held < k ? held++ : k - 1;
            for (; at > 0 && Mem.getFloat(value + 4L * (at - 1)) < v; at--) {
                Mem.putFloat(value + 4L * at, Mem.getFloat(value + 4L * (at - 1)));
                Mem.putInt(id + 4L * at, Mem.getInt(id + 4L * (at - 1)));
            }
            Mem.putFloat(value + 4L * at, v);
            Mem.putInt(id + 4L * at, i);
        }
    }
}
