package org.sluice.backend.cuda;

import java.util.List;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;
import org.sluice.graph.LatentAttention;
import org.sluice.tensor.Shape;

/**
 * Attention of few rows: a block for each split of a row's positions, so that one row fills the device; the last of them puts splits
 * together. The bits are those of the kernel for many rows.
 */
final class SplitAttention {
    /** Rows of a step up to which it is split: from there on rows alone fill the device. */
    private static final int MOST_ROWS = 8;

    /** As in attention_fast.cu. */
    private static final int SPLITS = 16;

    private static final int HEADS = 8;

    private final ProgramOptions options;

    SplitAttention(ProgramOptions options) {
        this.options = options;
    }

    boolean takes(Call call, KernelChoice choice) {
        return choice.name().equals("latent_attention_whole")
                && op(call).queryLatent().rows() == Shape.ROWS;
    }

    /** Largest score, sum and weighted rows of each split. */
    long spare(Call call, KernelChoice choice) {
        if (!takes(call, choice)) {
            return 0;
        }
        LatentAttention op = op(call);
        return 4L
                * Math.min(MOST_ROWS, options.maxRows())
                * op.heads()
                * SPLITS
                * (op.cache().latent() + 2);
    }

    /** Counters of blocks, one for each row and the heads that share a block. */
    int counters(Call call, KernelChoice choice) {
        return takes(call, choice) ? MOST_ROWS * Math.ceilDiv(op(call).heads(), HEADS) : 0;
    }

    void add(List<Variant> all, Call call, KernelChoice whole, long[] values, Between between) {
        LatentAttention op = op(call);
        Axis rows = call.launch().y();
        all.add(new Variant(
                call.forRows(Shape.ROWS, 0, MOST_ROWS),
                new KernelChoice(
                        whole.image(),
                        "latent_attention_split",
                        new KernelChoice.Shape(
                                KernelChoice.GROUP, Axis.of((long) SPLITS * Math.ceilDiv(op.heads(), HEADS)), rows)),
                between.behind(values, between.spare()),
                true));
        all.add(new Variant(call.forRows(Shape.ROWS, MOST_ROWS + 1, Integer.MAX_VALUE), whole, values, true));
    }

    private static LatentAttention op(Call call) {
        return (LatentAttention) call.op();
    }
}
