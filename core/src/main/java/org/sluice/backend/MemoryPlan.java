package org.sluice.backend;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.sluice.graph.ExpertFeedForward;
import org.sluice.graph.Graph;
import org.sluice.graph.Node;
import org.sluice.graph.State;
import org.sluice.tensor.Weight;

/**
 * Bytes a program takes, by class; known before anything is allocated.
 *
 * @param denseWeights weights every token reads
 * @param expertWeights weights of routed experts
 * @param latentPerToken latent KV cache, for each token of a sequence
 * @param indexPerToken indexer keys, for each token of a sequence
 * @param context tokens of the longest sequence
 * @param workspace buffers of the largest step, inputs and outputs
 */
public record MemoryPlan(
        long denseWeights, long expertWeights, long latentPerToken, long indexPerToken, int context, long workspace) {
    /** Bytes of one sequence of full length. */
    public long sequence() {
        return (latentPerToken + indexPerToken) * context;
    }

    /** Bytes of everything with one sequence of full length. */
    public long total() {
        return denseWeights + expertWeights + sequence() + workspace;
    }

    /**
     * The plan of a graph.
     *
     * @param rowBytes bytes the backend keeps for one token of a state
     * @param workspace bytes of the largest step
     */
    public static MemoryPlan of(Graph graph, ProgramOptions options, ToLongFunction<State> rowBytes, long workspace) {
        long dense = 0;
        long experts = 0;
        Set<Weight> seen = new HashSet<>();
        for (Node n : graph.nodes()) {
            for (Weight w : n.op().constants()) {
                if (seen.add(w)) {
                    if (n.op() instanceof ExpertFeedForward) {
                        experts += w.bytes();
                    } else {
                        dense += w.bytes();
                    }
                }
            }
        }
        long latent = 0;
        long index = 0;
        for (State s : graph.states()) {
            switch (s) {
                case State.LatentCache l -> latent += rowBytes.applyAsLong(l);
                case State.IndexKeyCache k -> index += rowBytes.applyAsLong(k);
            }
        }
        return new MemoryPlan(dense, experts, latent, index, options.maxContext(), workspace);
    }

    /** Bytes for people: {@code 11.2 GiB}. */
    public static String human(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double v = bytes;
        int u = 0;
        while (v >= 1024 && u < units.length - 1) {
            v /= 1024;
            u++;
        }
        return u == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", v, units[u]);
    }

    @Override
    public String toString() {
        return "dense weights " + human(denseWeights) + ", experts " + human(expertWeights) + ", cache "
                + human(sequence()) + " for " + context + " tokens (" + (latentPerToken + indexPerToken)
                + " B each), workspace " + human(workspace);
    }
}
