package org.sluice.backend.cuda;

import java.util.Optional;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.natives.CudaImages;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.Weight;

/**
 * Which kernel runs a call: a fast one of {@code native/cuda} where there is one for its shapes, else the portable one. The choice
 * depends on the call alone, never on a step: one row and many are summed in the same order.
 *
 * @param image where it is
 * @param name its name
 * @param shape how it is launched
 */
record KernelChoice(String image, String name, Shape shape) {
    /** Work items of a portable kernel's group, and how many of them share a dot product: what the images are built for. */
    static final int GROUP = 256;

    static final int LANES = 32;

    /** Threads of a block that selects. */
    private static final int SELECT_GROUP = 1024;

    /** Heads that a block of the fast attention works on. */
    private static final int ATTENTION_HEADS = 8;

    /** Groups along both dimensions, the threads of one, and bytes of shared memory that it is given at launch. */
    record Shape(int block, Axis x, Axis y, int shared) {
        Shape(int block, Axis x, Axis y) {
            this(block, x, y, 0);
        }
    }

    /** @param exact whether activations must stay float32 */
    static KernelChoice of(Call call, boolean exact) {
        return fast(call, exact)
                .filter(c -> CudaImages.names().contains(c.image))
                .orElseGet(() -> portable(call));
    }

    /** The portable kernel of a call. */
    private static KernelChoice portable(Call call) {
        return like(call, KernelLibrary.image(call.build()), call.name());
    }

    private static Optional<KernelChoice> fast(Call call, boolean exact) {
        return switch (call.name()) {
            case "matmul_one" -> product(call, exact, "gemv", "gemv_one");
            case "matmul_many" -> product(call, exact, "gemv", "gemv_many");
            case "gate_up_one" -> product(call, exact, "gemv", "gate_up_gemv_one");
            case "gate_up_many" -> product(call, exact, "gemv", "gate_up_gemv_many");
            case "expert_inner" -> product(call, exact, "expert_gemv", "expert_inner_gemv");
            case "expert_down" -> product(call, exact, "expert_gemv", "expert_down_gemv");
            case "index_scores" -> indexScores(call);
            case "latent_attention" -> attention(call);
            case "select_top_k" ->
                Optional.of(new KernelChoice(
                        "select_fast",
                        "select_top_k_fast",
                        new Shape(SELECT_GROUP, call.launch().x(), call.launch().y())));
            default -> Optional.empty();
        };
    }

    /** Whether it takes two arguments more, for what follows it on its rows: a list, or nothing, and counters. */
    boolean takesTail() {
        return name.equals("gemv_one") || name.equals("gemv_many");
    }

    private static KernelChoice like(Call call, String image, String name) {
        return new KernelChoice(
                image, name, new Shape(GROUP, call.launch().x(), call.launch().y()));
    }

    /** Plain matrices are multiplied in float32, quantised ones with activations rounded to int8. */
    private static Optional<KernelChoice> product(Call call, boolean exact, String file, String name) {
        Weight weight = call.weight();
        boolean plain = !weight.dtype().isQuantised();
        BlockScales scales = weight.scales();
        // 16-byte loads of plain elements: rows and blocks of scales in whole pieces of 16
        boolean pieces = weight.columns() % 16 == 0 && (scales == null || scales.blockColumns() % 16 == 0);
        if (plain ? !pieces : exact) {
            return Optional.empty();
        }
        return Optional.of(like(call, image(file + ".cu", call), name));
    }

    /** The image of a source in {@code native/cuda} for a call's weights. */
    static String image(String file, Call call) {
        return KernelLibrary.image(new Call.Build(file, call.build().defines()));
    }

    private static Optional<KernelChoice> indexScores(Call call) {
        return call.op() instanceof IndexScores op
                        && call.build().defines().isEmpty()
                        && op.cache().width() % 4 == 0
                ? Optional.of(like(call, "index_scores_fast", "index_scores_fast"))
                : Optional.empty();
    }

    private static Optional<KernelChoice> attention(Call call) {
        if (!(call.op() instanceof LatentAttention op)
                || !call.build().defines().isEmpty()) {
            return Optional.empty();
        }
        int[] extents = {
            op.cache().latent(), op.cache().rope(), op.query().width() / op.heads(), op.ropeOffset(),
        };
        for (int e : extents) {
            if (e % 4 != 0) {
                return Optional.empty();
            }
        }
        return Optional.of(new KernelChoice(
                "attention_fast",
                "latent_attention_whole",
                new Shape(
                        GROUP,
                        new Axis(op.heads(), 1, ATTENTION_HEADS),
                        call.launch().y())));
    }
}
