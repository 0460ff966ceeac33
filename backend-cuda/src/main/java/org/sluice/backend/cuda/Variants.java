package org.sluice.backend.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.Call;

/**
 * Which kernels run a call: the one that {@link KernelChoice} names, and beside it those for steps with more or fewer rows. Some need
 * memory for what lies between them. All calls of a program use the same, as they run one behind the other.
 */
final class Variants {
    private static final long NOTHING = 0;

    private final boolean exact;
    private final ManyRows many;
    private final SplitAttention split;

    /**
     * Variants for a device and a program.
     *
     * @param exact whether activations must stay float32
     * @param shared bytes of shared memory that a block may be given
     */
    Variants(boolean exact, int shared, ProgramOptions options) {
        this.exact = exact;
        many = new ManyRows(exact, shared, options);
        split = new SplitAttention(options);
    }

    /** Whether activations must stay float32. */
    boolean exact() {
        return exact;
    }

    /** Bytes that all calls together need between their kernels. */
    long spare(List<Call> calls) {
        return calls.stream()
                .mapToLong(c -> Math.max(many.spare(c), split.spare(c, KernelChoice.of(c, exact))))
                .max()
                .orElse(0);
    }

    /** Counters of blocks that all calls together need. */
    int counters(List<Call> calls) {
        return calls.stream()
                .mapToInt(c -> Math.max(Tails.MOST_ROWS, split.counters(c, KernelChoice.of(c, exact))))
                .max()
                .orElse(0);
    }

    /**
     * The kernels of a call, in the order in which they are launched.
     *
     * @param values the call's arguments
     */
    List<Variant> of(Call call, long[] values, Between between) {
        KernelChoice choice = KernelChoice.of(call, exact);
        List<Variant> all = new ArrayList<>();
        if (many.takes(call)) {
            all.add(few(many.few(call), choice, values, NOTHING, between));
            many.add(all, call, values, between.spare());
        } else if (split.takes(call, choice)) {
            split.add(all, call, choice, values, between);
        } else {
            all.add(few(call, choice, values, NOTHING, between));
        }
        return all;
    }

    /**
     * A product with what follows it in steps of few rows, and the kernels without it for all others.
     *
     * @param list address of what follows
     */
    List<Variant> withTail(Call call, long[] values, long list, Between between) {
        long extent = call.launch().y().extent();
        int from = call.launch().from();
        int to = call.launch().to();
        List<Variant> all = new ArrayList<>();
        all.add(few(
                call.forRows(extent, from, Math.min(to, Tails.MOST_ROWS)),
                KernelChoice.of(call, exact),
                values,
                list,
                between));
        if (to > Tails.MOST_ROWS) {
            all.addAll(of(call.forRows(extent, Tails.MOST_ROWS + 1, to), values, between));
        }
        return all;
    }

    private static Variant few(Call call, KernelChoice choice, long[] values, long list, Between between) {
        return new Variant(call, choice, choice.takesTail() ? between.behind(values, list) : values, true);
    }
}
