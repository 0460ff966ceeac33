package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.RopeTable;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.graph.ApplyRope;

/** {@link ApplyRope}: copies the row and turns the named part of each head. */
final class RopeExec extends RowsExec {
    private final RopeTable table;
    private final long x;
    private final long y;
    private final int heads;
    private final long headBytes;
    private final long offset;

    RopeExec(ApplyRope op, long y, Binding b) {
        super(op.x().rows());
        table = b.rope(op.rope());
        x = b.address(op.x());
        this.y = y;
        heads = op.heads();
        headBytes = 4L * op.headWidth();
        offset = 4L * op.offset();
    }

    @Override
    void row(int r, int worker, StepContext step) {
        long at = (long) r * heads * headBytes;
        Mem.copy(x + at, y + at, heads * headBytes);
        for (int h = 0; h < heads; h++) {
            long head = y + at + h * headBytes + offset;
            table.turn(r, head, head);
        }
    }
}
