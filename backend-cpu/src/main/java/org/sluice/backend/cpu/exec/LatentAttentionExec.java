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
    /** Most heads that share what is made of a cached row. */
    private static final int MOST_HEADS = 64;

    /** Heads that kernels work on at a time. */
    private static final int FEW_HEADS = 4;

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
        decoded = DecodedRows.needed(op.cache()) ? new DecodedRows(op.cache(), b, kernels) : null;
        int heads = decoded == null ? Math.min(op.heads(), MOST_HEADS) : op.heads();
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
        // Twice as many units as workers keep all of them busy; with a decoded selection each unit decodes it again.
        int wanted = decoded == null ? 2 * s.pool.workers() : s.pool.workers();
        int each = Math.ceilDiv(op.heads(), Math.max(1, Math.ceilDiv(wanted, s.rows)));
        long work = (long) Math.min(mostRows, s.context)
                * (op.cache().width() + op.cache().latent());
        each = (int) Math.max(each, Math.min(op.heads(), Tiles.LEAST_UNIT / Math.max(1, work)));
        block = each < FEW_HEADS ? Math.max(2, each) : Math.ceilDiv(each, FEW_HEADS) * FEW_HEADS;
        block = Math.min(block, decoded == null ? Math.min(op.heads(), MOST_HEADS) : op.heads());
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
