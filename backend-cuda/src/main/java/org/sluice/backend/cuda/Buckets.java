package org.sluice.backend.cuda;

import java.util.Arrays;
import java.util.Collection;
import java.util.TreeSet;
import org.sluice.backend.ProgramOptions;

/**
 * Which steps share a captured graph: those whose rows and outputs round up to the same powers of two, and whose contexts lie
 * between the same bounds.
 */
final class Buckets {
    /** Steps with more rows are prompts, where launches cost little beside the work. */
    static final int MOST_ROWS = 64;

    private static final int POWERS = 32 - Integer.numberOfLeadingZeros(MOST_ROWS);
    private static final int LEAST_CONTEXT = 4096;
    private static final int GROWTH = 4;

    private final ProgramOptions options;
    private final int[] contexts;

    /** @param skips lengths of context up to which some kernel does not run: no bucket may have one inside it */
    Buckets(ProgramOptions options, Collection<Integer> skips) {
        this.options = options;
        TreeSet<Integer> bounds = new TreeSet<>(skips);
        long next = LEAST_CONTEXT;
        while (next < options.maxContext()) {
            bounds.add((int) next);
            next *= GROWTH;
        }
        bounds.removeIf(b -> b < 1 || b >= options.maxContext());
        bounds.add(options.maxContext());
        contexts = bounds.stream().mapToInt(Integer::intValue).toArray();
    }

    /** How many there are. */
    int count() {
        return POWERS * (POWERS + 1) * contexts.length;
    }

    boolean takes(int rows) {
        return rows <= MOST_ROWS;
    }

    int index(int stepRows, int stepOutputs, int context) {
        int outs = stepOutputs == 0 ? 0 : 1 + power(stepOutputs);
        return (power(stepRows) * (POWERS + 1) + outs) * contexts.length + contextIndex(context);
    }

    int rows(int stepRows) {
        return Math.min(1 << power(stepRows), options.maxRows());
    }

    int outputs(int stepOutputs) {
        return stepOutputs == 0 ? 0 : Math.min(1 << power(stepOutputs), options.maxOutputs());
    }

    int context(int stepContext) {
        return contexts[contextIndex(stepContext)];
    }

    private int contextIndex(int context) {
        int i = Arrays.binarySearch(contexts, context);
        return Math.min(i < 0 ? -i - 1 : i, contexts.length - 1);
    }

    private static int power(int n) {
        return 32 - Integer.numberOfLeadingZeros(n - 1);
    }
}
