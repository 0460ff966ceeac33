package org.sluice.backend.cuda;

import java.util.List;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;
import org.sluice.graph.LatentAttention;
import org.sluice.tensor.Shape;

/**
 * Attention of few rows: a block for each split of a row's positions, so that one row fills the device, and a second kernel that puts
 * splits together. The bits are those of the kernel for many rows.
 */
final class SplitAttention {
    /** Rows of a step up to which it is split: from there on rows alone fill the device. */
    private static final int MOST_ROWS = 8;

    /** As in attention_fast.cu. */
    private static final int SPLITS = 16;

    private static final int HEADS = 8;
    private static final int Y = 3;

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

    void add(List<Variant> all, Call call, KernelChoice whole, long[] values, long spare) {
        LatentAttention op = op(call);
        Call few = call.forRows(Shape.ROWS, 0, MOST_ROWS);
        Axis rows = call.launch().y();
        long[] parts = values.clone();
        parts[Y] = spare;
        all.add(new Variant(
                few,
                new KernelChoice(
                        whole.image(),
                        "latent_attention_split",
                        new KernelChoice.Shape(
                                KernelChoice.GROUP, Axis.of((long) SPLITS * Math.ceilDiv(op.heads(), HEADS)), rows)),
                parts,
                true));
        all.add(new Variant(
                few,
                new KernelChoice(
                        whole.image(),
                        "latent_attention_combine",
                        new KernelChoice.Shape(KernelChoice.GROUP, Axis.of(op.heads()), rows)),
                new long[] {spare, values[Y], op.heads(), op.cache().latent(), values[values.length - 1]},
                false));
        all.add(new Variant(call.forRows(Shape.ROWS, MOST_ROWS + 1, Integer.MAX_VALUE), whole, values, true));
    }

    private static LatentAttention op(Call call) {
        return (LatentAttention) call.op();
    }
}
