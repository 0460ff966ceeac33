package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.Concat;
import org.sluice.graph.GatherRows;
import org.sluice.tensor.Shape;

/** {@link Concat} and {@link GatherRows}: rows moved, nothing computed. */
final class CopyExec extends RowsExec {
    private final boolean gather;
    private final long a;
    private final long b;
    private final int aBytes;
    private final int bBytes;
    private final long y;

    CopyExec(Concat op, long y, Binding binding) {
        super(op.a().rows());
        gather = false;
        a = binding.address(op.a());
        b = binding.address(op.b());
        aBytes = 4 * op.a().width();
        bBytes = 4 * op.b().width();
        this.y = y;
    }

    CopyExec(GatherRows op, long y, Binding binding) {
        super(Shape.OUTPUTS);
        gather = true;
        a = binding.address(op.x());
        b = 0;
        aBytes = 4 * op.x().width();
        bBytes = 0;
        this.y = y;
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long to = y + (long) r * (aBytes + bBytes);
        Mem.copy(a + (long) (gather ? step.outputRow[r] : r) * aBytes, to, aBytes);
        if (bBytes > 0) {
            Mem.copy(b + (long) r * bBytes, to + aBytes, bBytes);
        }
    }
}
