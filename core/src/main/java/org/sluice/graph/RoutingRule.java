package org.sluice.graph;

/**
 * How a router's logits become experts and weights (GLM spec 2.8; DeepSeek-V3, arXiv 2412.19437, section 2.1.2).
 *
 * @param scoring what turns a logit into a score
 * @param groups groups the experts are divided into; 1 for none
 * @param topGroups groups kept, by the sum of their two largest biased scores
 * @param topK experts chosen per token
 * @param normalise whether the chosen scores are divided by their sum
 * @param scale factor on the weights, {@code routed_scaling_factor}
 */
public record RoutingRule(Scoring scoring, int groups, int topGroups, int topK, boolean normalise, float scale) {
    /** What turns router logits into scores. */
    public enum Scoring {
        SIGMOID,
        SOFTMAX
    }

    /** Checks the numbers against each other. */
    public RoutingRule {
        if (groups < 1 || topGroups < 1 || topGroups > groups || topK < 1) {
            throw new IllegalArgumentException(
                    "routing with " + groups + " groups, " + topGroups + " kept, top " + topK + " experts");
        }
    }
}
