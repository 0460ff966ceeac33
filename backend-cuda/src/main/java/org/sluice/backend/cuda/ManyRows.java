package org.sluice.backend.cuda;

import java.util.List;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.Axis;
import org.sluice.backend.support.kernels.Call;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.natives.CudaImages;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.Weight;

/**
 * Products and experts with the rows of prompts: tensor cores take them, with activations and weights rounded to bfloat16
 * ({@code gemm.cu}, {@code rounding.cu}). Which of the two families multiplies a row goes by the rows of its step, so that a row's
 * bits are the same in all steps up to {@link #FEW} rows, and in all larger ones. In exact arithmetic there is one family only.
 */
final class ManyRows {
    /** Rows up to which the kernels for few rows are taken: the steps that are captured. */
    static final int FEW = Buckets.MOST_ROWS;

    /** As in gemm_tile.h: rows of a tile on both sides, threads of a block, bytes of shared memory it is given. */
    private static final int TILE = 128;

    private static final int THREADS = 128;
    private static final int SHARED = 114_688;

    /** As in rounding.cu. */
    private static final int MOST_EXPERTS = 1024;

    private static final int GROUPING_THREADS = 1024;

    private static final int STEP_COLUMNS = 32;

    /** Places among a call's arguments: five of a matrix, then what is multiplied, then what depends on the kernel. */
    private static final int X = 5;

    private static final long NOTHING = 0;

    private final boolean exact;
    private final int shared;
    private final ProgramOptions options;

    ManyRows(boolean exact, int shared, ProgramOptions options) {
        this.exact = exact;
        this.shared = shared;
        this.options = options;
    }

    /** Where things lie in the memory between kernels, from its start. */
    private record Spare(long order, long tiles, long parts, long bytes) {}

    boolean takes(Call call) {
        boolean product = switch (call.name()) {
            case "matmul_many", "gate_up_many" -> true;
            case "expert_inner", "expert_down" -> experts(call) <= MOST_EXPERTS;
            default -> false;
        };
        if (!product || exact || shared < SHARED || rows(call) <= FEW) {
            return false;
        }
        Weight weight = call.weight();
        BlockScales scales = weight.scales();
        return weight.columns() % STEP_COLUMNS == 0
                && (scales == null || scales.blockColumns() % STEP_COLUMNS == 0)
                && CudaImages.names().contains(image(call));
    }

    /** Bytes between the kernels of a call. */
    long spare(Call call) {
        return takes(call) ? layout(call).bytes : 0;
    }

    /** The call in steps that are not for tensor cores. */
    Call few(Call call) {
        return call.forRows(extent(call), call.launch().from(), FEW);
    }

    /** Adds the kernels for many rows. */
    void add(List<Variant> all, Call call, long[] values, long spare) {
        Call many = call.forRows(extent(call), FEW + 1, Integer.MAX_VALUE);
        Spare at = layout(call);
        int columns = (int) call.weight().columns();
        int times = call.name().equals("expert_down") ? choices(call) : 1;
        long symbol = values[values.length - 2];
        long step = values[values.length - 1];
        all.add(common(
                many,
                "round_rows",
                KernelChoice.GROUP,
                Axis.of(Math.ceilDiv((long) columns * times, 8L * KernelChoice.GROUP)),
                Axis.of(extent(call)),
                values[X],
                spare,
                columns,
                times,
                symbol,
                step));
        switch (call.name()) {
            case "matmul_many" -> matmul(all, many, values, spare);
            case "gate_up_many" -> gateUp(all, many, values, spare);
            default -> experts(all, many, values, spare, at);
        }
    }

    private void matmul(List<Variant> all, Call call, long[] v, long x) {
        // weights, x, four outputs, their ends, addends, how many, columns, bytes of a row, rows, symbol, step
        all.add(gemm(
                call, v[18], false, v[0], v[1], v[2], v[3], v[4], x, v[6], v[7], v[8], v[9], v[10], v[11], v[12], v[13],
                v[14], v[15], v[16], v[17], v[18], 0, v[19], v[20]));
    }

    private void gateUp(List<Variant> all, Call call, long[] v, long x) {
        // weights, x, output, columns, bytes of a row, inner rows, symbol, step
        all.add(gemm(
                call, v[9], true, v[0], v[1], v[2], v[3], v[4], x, v[6], v[6], v[6], v[6], v[9], v[9], v[9], NOTHING,
                NOTHING, 0, v[7], v[8], v[9], 1, v[10], v[11]));
    }

    private Variant gemm(Call call, long results, boolean gated, long... values) {
        return new Variant(
                call,
                new KernelChoice(
                        image(call),
                        "gemm",
                        new KernelChoice.Shape(
                                THREADS, tiles(results, gated), new Axis(extent(call), 1, TILE), SHARED)),
                values,
                false);
    }

    private void experts(List<Variant> all, Call call, long[] v, long x, Spare at) {
        boolean down = call.name().equals("expert_down");
        long order = x + at.order;
        long tileTable = x + at.tiles;
        long parts = x + at.parts;
        int k = choices(call);
        long symbol = v[v.length - 2];
        long step = v[v.length - 1];
        all.add(common(
                call,
                "group_choices",
                GROUPING_THREADS,
                Axis.of(1),
                Axis.of(1),
                v[6],
                order,
                tileTable,
                experts(call),
                k,
                symbol,
                step));
        // weights, t, ids, weights of choices, output, columns, bytes of a row, rows, choices
        // weights, x, ids, t, mode, columns, bytes of a row, inner rows, choices
        long mode = down ? 3 : v[8];
        all.add(new Variant(
                call,
                new KernelChoice(
                        image(call),
                        "expert_gemm",
                        new KernelChoice.Shape(THREADS, tiles(v[11], mode == 0), Axis.of(mostTiles(call)), SHARED)),
                new long[] {
                    v[0],
                    v[1],
                    v[2],
                    v[3],
                    v[4],
                    x,
                    tileTable,
                    order,
                    down ? v[7] : NOTHING,
                    down ? parts : v[7],
                    mode,
                    v[9],
                    v[10],
                    v[11],
                    k
                },
                false));
        if (down) {
            all.add(common(
                    call,
                    "sum_choices",
                    KernelChoice.GROUP,
                    Axis.of(extent(call)),
                    Axis.of(1),
                    parts,
                    v[8],
                    v[11],
                    k,
                    symbol,
                    step));
        }
    }

    private static Variant common(Call call, String name, int block, Axis x, Axis y, long... values) {
        return new Variant(
                call, new KernelChoice("rounding", name, new KernelChoice.Shape(block, x, y)), values, false);
    }

    private Spare layout(Call call) {
        long rows = rows(call);
        boolean experts = call.op() instanceof ExpertFeedForward;
        boolean down = call.name().equals("expert_down");
        long k = experts ? choices(call) : 1;
        long order = aligned(2 * rows * (down ? k : 1) * call.weight().columns());
        if (!experts) {
            return new Spare(order, order, order, order);
        }
        long tiles = order + aligned(4 * rows * k);
        long parts = tiles + aligned(4 * (1 + 3 * mostTiles(call)));
        return new Spare(
                order,
                tiles,
                parts,
                parts + (down ? aligned(4 * rows * k * call.weight().rows()) : 0));
    }

    /** Tiles of choices in the largest step, the last of each expert not full. */
    private long mostTiles(Call call) {
        return Math.ceilDiv(rows(call) * choices(call), TILE) + experts(call);
    }

    private static Axis tiles(long results, boolean gated) {
        return Axis.of(Math.ceilDiv(results, gated ? TILE / 2 : TILE));
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, CudaProgram.ALIGNMENT) * CudaProgram.ALIGNMENT;
    }

    /** Rows of a call: a number, or the symbol of an extent. */
    private static long extent(Call call) {
        return call.launch().y().extent();
    }

    /** Rows of a call in the largest step. */
    private long rows(Call call) {
        return Axis.of(extent(call)).groups(options.maxRows(), options.maxOutputs(), options.maxContext());
    }

    private static String image(Call call) {
        return KernelChoice.image("gemm.cu", call);
    }

    private static int choices(Call call) {
        return ((ExpertFeedForward) call.op()).experts().width();
    }

    private static int experts(Call call) {
        return call.weight().slices().size();
    }
}
