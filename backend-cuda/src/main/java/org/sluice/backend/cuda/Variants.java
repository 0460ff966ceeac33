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

    /** Bytes that all calls together need between their kernels. */
    long spare(List<Call> calls) {
        return calls.stream()
                .mapToLong(c -> Math.max(many.spare(c), split.spare(c, KernelChoice.of(c, exact))))
                .max()
                .orElse(0);
    }

    /**
     * The kernels of a call, in the order in which they are launched.
     *
     * @param values the call's arguments
     * @param spare address of the memory between kernels
     */
    List<Variant> of(Call call, long[] values, long spare) {
        KernelChoice choice = KernelChoice.of(call, exact);
        List<Variant> all = new ArrayList<>();
        if (many.takes(call)) {
            all.add(new Variant(many.few(call), choice, values, true));
            many.add(all, call, values, spare);
        } else if (split.takes(call, choice)) {
            split.add(all, call, choice, values, spare);
        } else {
            all.add(new Variant(call, choice, values, true));
        }
        return all;
    }
}
