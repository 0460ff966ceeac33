package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.sluice.backend.MemoryPlan;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.CacheType;
import org.sluice.graph.Op;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.State;
import org.sluice.tensor.Weight;

/** What the portable kernels cannot do, and what does not fit into a device's memory. */
public final class KernelLimits {
    /** What the routing kernel keeps of every expert in local memory bounds their number. */
    private static final int MAX_EXPERTS = 1024;

    private KernelLimits() {}

    /** Why the kernels cannot run an operation with caches as F32; a list to add to. */
    public static List<String> reasons(Op op) {
        return reasons(op, EnumSet.of(CacheType.F32));
    }

    /**
     * Why the kernels cannot run an operation; a list to add to.
     *
     * @param caches types of caches for which kernels are built
     */
    public static List<String> reasons(Op op, Set<CacheType> caches) {
        List<String> reasons = new ArrayList<>();
        for (Weight w : op.constants()) {
            if (!w.dtype().isReal()) {
                reasons.add(op.kind() + " with integer weight " + w);
            }
        }
        if (op instanceof RouteExperts route && route.logits().width() > MAX_EXPERTS) {
            reasons.add("RouteExperts among " + route.logits().width() + " experts, at most " + MAX_EXPERTS);
        }
        for (State state : op.states()) {
            if (!caches.contains(state.type())) {
                reasons.add(
                        "the cache " + state.name() + " as " + state.type() + "; only " + caches + " are written here");
            }
            // scales stand behind the codes and are read in halves
            if (state.type() == CacheType.FP8 && state.main() % 2 != 0) {
                reasons.add("the cache " + state.name() + " as FP8 with " + state.main()
                        + " codes in a row, an odd number");
            }
        }
        return reasons;
    }

    /**
     * Bytes left for pages.
     *
     * @param limit bytes a program may take
     * @throws MemoryLimitException where there is no room for a sequence, with the numbers and what to lower
     */
    public static long pageMemory(MemoryPlan plan, long limit, String device) {
        long fixed = plan.denseWeights() + plan.expertWeights() + plan.workspace();
        if (fixed + plan.sequence() > limit) {
            long perToken = Math.max(1, plan.latentPerToken() + plan.indexPerToken());
            long fits = Math.max(0, limit - fixed) / perToken;
            throw new MemoryLimitException("the program needs " + MemoryPlan.human(plan.total()) + " on " + device
                    + " (" + plan + "), " + MemoryPlan.human(limit) + " are free; "
                    + (fits > 0
                            ? "lower the context to " + fits
                            : "lower the rows of a step or take weights of fewer bits"));
        }
        return limit - fixed;
    }
}
