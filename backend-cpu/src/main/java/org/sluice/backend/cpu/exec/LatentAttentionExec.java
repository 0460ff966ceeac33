package org.sluice.backend.cpu.exec;

import org.sluice.backend.cpu.kernel.Kernels;
import org.sluice.backend.cpu.runtime.Binding;
import org.sluice.backend.cpu.runtime.Exec;
import org.sluice.backend.cpu.runtime.Mem;
import org.sluice.backend.cpu.runtime.StepContext;
import org.sluice.backend.cpu.runtime.WorkerPool;
import org.sluice.graph.LatentAttention;

/** {@link LatentAttention}: one unit of work for each row and block of heads. */
final class LatentAttentionExec implements Exec, WorkerPool.Units {
    /** Heads that share each read of a cached row; a multiple of what the kernels block by. */
    private static final int HEADS = 8;

    private final Kernels kernels;
    private final LatentAttention op;
    private final long queryLatent;
    private final long queryRope;
    private final long queryStride;
    private final long selection;
    private final int selected;
    private final long stateOffset;
    private final int rowBytes;
    private final long y;
    private final int mostRows;
    private StepContext step = EmptyStep.INSTANCE;
    private int block;

    LatentAttentionExec(LatentAttention op, long y, Binding b, Kernels kernels) {
        this.kernels = kernels;
        this.op = op;
        queryLatent = b.address(op.queryLatent());
        queryStride = 4L * op.query().width() / op.heads();
        queryRope = b.address(op.query()) + 4L * op.ropeOffset();
        selection = op.selection() == null ? 0 : b.address(op.selection());
        selected = op.selection() == null ? 0 : op.selection().width();
        stateOffset = b.stateOffset(op.cache());
        rowBytes = b.stateRowBytes(op.cache());
        this.y = y;
        mostRows = selection == 0 ? b.maxContext() : Math.min(selected, b.maxContext());
    }

    @Override
    public long scratchBytes() {
        return kernels.attendScratch(HEADS, op.cache().latent(), op.cache().rope(), mostRows);
    }

    @Override
    public void run(StepContext s) {
        step = s;
        // one row of few heads: split below the sharing width so that every thread has something to do
        block = s.rows * Math.ceilDiv(op.heads(), HEADS) >= s.pool.workers() ? HEADS : HEADS / 4;
        s.pool.run(s.rows * Math.ceilDiv(op.heads(), block), this);
    }

    @Override
    public void unit(int unit, int worker) {
        int blocks = Math.ceilDiv(op.heads(), block);
        int row = unit / blocks;
        int first = unit % blocks * block;
        int heads = Math.min(block, op.heads() - first);
        long latentBytes = 4L * op.cache().latent();
        long at = ((long) row * op.heads() + first) * latentBytes;
        long chosen = selection == 0 ? 0 : selection + 4L * row * selected;
        int count = chosen == 0 ? step.position[row] + 1 : chosenCount(chosen);
        if (count == 0) {
            Mem.zero(y + at, (long) heads * op.cache().latent());
            return;
        }
        kernels.attend(
                queryLatent + at,
                latentBytes,
                queryRope + ((long) row * op.heads() + first) * queryStride,
                queryStride,
                heads,
                op.cache().latent(),
                op.cache().rope(),
                step.pages[row],
                step.pageShift,
                stateOffset,
                rowBytes,
                chosen,
                count,
                op.scale(),
                y + at,
                latentBytes,
                step.scratch(worker));
    }

    /** Positions before the first −1. */
    private int chosenCount(long chosen) {
        int low = 0;
        int high = selected;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Mem.getInt(chosen + 4L * middle) < 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
