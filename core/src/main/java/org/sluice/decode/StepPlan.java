package org.sluice.decode;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Who takes part in a step: decode steps first, in the order of their arrival, what is left in equal shares for prefills. Who
 * is left out stands before all others the next time.
 *
 * @param maxRows rows of a step: what a step may take of everyone's patience
 * @param maxOutputs results of a step
 */
record StepPlan(int maxRows, int maxOutputs) {
    /** Prefills get a share of rows and results like this at least, however many decode. */
    private static final int PREFILL_SHARE = 4;

    /** Whether a step of these has no room for anyone else. */
    boolean isFull(Collection<StepRows> waiting) {
        int rows = 0;
        int outputs = 0;
        for (StepRows r : waiting) {
            rows += r.rows();
            outputs += r.outputs(r.rows());
        }
        return rows >= maxRows || outputs >= maxOutputs;
    }

    /** Those that take part, each with its {@link StepRows#granted} rows. */
    List<StepRows> choose(Collection<StepRows> waiting) {
        List<StepRows> step = new ArrayList<>();
        int prefills = (int) waiting.stream().filter(r -> !r.whole).count();
        boolean prefillFirst = prefills > 0 && !waiting.iterator().next().whole;
        int rows = maxRows - (prefills > 0 ? Math.ceilDiv(maxRows, PREFILL_SHARE) : 0);
        int results = maxOutputs - lastRowsInFront(waiting);
        int used = 0;
        int outputs = 0;
        for (StepRows r : waiting) {
            if (!r.whole) {
                continue;
            }
            // a step that is small for a round gives it everything now and then
            boolean fits = used + r.rows() <= rows || (step.isEmpty() && !prefillFirst && r.rows() <= maxRows);
            if (fits && outputs + r.outputs(r.rows()) <= results) {
                r.granted = r.rows();
                used += r.rows();
                outputs += r.outputs(r.rows());
                step.add(r);
            }
        }
        for (StepRows r : waiting) {
            if (r.whole) {
                continue;
            }
            int n = Math.min(r.rows(), Math.ceilDiv(maxRows - used, prefills--));
            if (outputs + r.outputs(n) > maxOutputs) {
                // its last row has to wait for a free result
                n = Math.min(n, r.wantFrom - r.from);
            }
            if (n > 0) {
                r.granted = n;
                used += n;
                outputs += r.outputs(n);
                step.add(r);
            }
        }
        return step;
    }

    /** Results to be left to prompts in front of the line that lack nothing but their last row: rounds would take them all, for ever. */
    private int lastRowsInFront(Collection<StepRows> waiting) {
        int most = Math.ceilDiv(maxOutputs, PREFILL_SHARE);
        int n = 0;
        for (StepRows r : waiting) {
            if (r.whole || n == most) {
                break;
            }
            n += r.rows() == 1 ? r.outputs(1) : 0;
        }
        return n;
    }
}
