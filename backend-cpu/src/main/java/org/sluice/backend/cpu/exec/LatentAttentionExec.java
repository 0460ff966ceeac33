package org.sluice.backend.cpu.exec;

import org.jspecify.annotations.Nullable;
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
    private final @Nullable DecodedRows decoded;
    private final long attendScratch;
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
        decoded = DecodedRows.needed(op.cache()) ? new DecodedRows(op.cache(), b) : null;
        int heads = decoded == null ? HEADS : Math.ceilDiv(op.heads(), HEADS) * HEADS;
        attendScratch =
                (kernels.attendScratch(heads, op.cache().latent(), op.cache().rope(), mostRows) + 63) & ~63L;
    }

    @Override
    public long scratchBytes() {
        return attendScratch + (decoded == null ? 0 : decoded.scratchBytes(mostRows));
    }

    @Override
    public void run(StepContext s) {
        step = s;
        // one row of few heads: split below the sharing width so that every thread has something to do
        block = s.rows * Math.ceilDiv(op.heads(), HEADS) >= s.pool.workers() ? HEADS : HEADS / 4;
        if (decoded != null) {
            // every unit decodes its row's selection: no more units than there are workers for
            int units = Math.max(1, s.pool.workers() / s.rows);
            block = Math.max(HEADS, Math.ceilDiv(Math.ceilDiv(op.heads(), units), HEADS) * HEADS);
        }
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
        long scratch = step.scratch(worker);
        boolean decode = decoded != null;
        long pages = decoded == null
                ? step.pages[row]
                : decoded.decode(step, row, chosen, 0, count, scratch + attendScratch);
        kernels.attend(
                queryLatent + at,
                latentBytes,
                queryRope + ((long) row * op.heads() + first) * queryStride,
                queryStride,
                heads,
                op.cache().latent(),
                op.cache().rope(),
                pages,
                decode ? DecodedRows.PAGE_SHIFT : step.pageShift,
                decode ? 0 : stateOffset,
                decode ? 4 * op.cache().width() : rowBytes,
                decode ? 0 : chosen,
                count,
                op.scale(),
                y + at,
                latentBytes,
                scratch);
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
