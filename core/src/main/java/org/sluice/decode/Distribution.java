package org.sluice.decode;

/**
 * What a token is drawn from: the tokens that pass a sampler's filters and their weights. Reused from draw to draw; not safe
 * for use by several threads.
 */
final class Distribution {
    private final int[] candidates;
    /** By token; 0 for those that are no candidates. */
    private final double[] weights;

    private int held;
    private int count;
    private double sum;

    /** Room for tokens below {@code vocabulary}. */
    Distribution(int vocabulary) {
        candidates = new int[vocabulary];
        weights = new double[vocabulary];
    }

    /** Filters the first {@code n} logits by temperature, which must not be 0, top-k, top-p and min-p. */
    void fill(float[] logits, int n, SamplerOptions options) {
        for (int i = 0; i < held; i++) {
            weights[candidates[i]] = 0;
        }
        int possible = 0;
        for (int t = 0; t < n; t++) {
            if (logits[t] != Float.NEGATIVE_INFINITY) {
                candidates[possible++] = t;
            }
        }
        int k = options.topK() == 0 ? possible : Math.min(options.topK(), possible);
        if (k < possible) {
            Order.mostLikelyFirst(candidates, possible, k, logits);
        }
        held = k;
        count = k;
        weigh(logits, options.temperature());
        topP(logits, options.topP());
        minP(options.minP());
        cut();
    }

    /** Weights relative to the most likely candidate. */
    private void weigh(float[] logits, double temperature) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, logits[candidates[i]]);
        }
        sum = 0;
        for (int i = 0; i < count; i++) {
            double w = Math.exp((logits[candidates[i]] - max) / temperature);
            weights[candidates[i]] = w;
            sum += w;
        }
    }

    private void topP(float[] logits, double topP) {
        if (topP >= 1) {
            return;
        }
        double wanted = topP * sum;
        // likely tokens are few: sort a growing head instead of the whole vocabulary
        for (int head = Math.min(count, 32); ; head = Math.min(count, head * 8)) {
            Order.mostLikelyFirst(candidates, count, head, logits);
            double reached = 0;
            for (int i = 0; i < head; i++) {
                reached += weights[candidates[i]];
                if (reached >= wanted) {
                    count = i + 1;
                    return;
                }
            }
            if (head == count) {
                return;
            }
        }
    }

    private void minP(double minP) {
        if (minP <= 0) {
            return;
        }
        int kept = 0;
        for (int i = 0; i < count; i++) {
            int t = candidates[i];
            if (weights[t] >= minP) {
                candidates[i] = candidates[kept];
                candidates[kept++] = t;
            }
        }
        count = kept;
    }

    /** Takes the weight from tokens that the filters dropped. */
    private void cut() {
        for (int i = count; i < held; i++) {
            weights[candidates[i]] = 0;
        }
        held = count;
        sum = 0;
        for (int i = 0; i < count; i++) {
            sum += weights[candidates[i]];
        }
    }

    /** Probability of a token. */
    double probability(int token) {
        return weights[token] / sum;
    }

    /** The token at a point of the cumulated weights. */
    int draw(double at) {
        double left = at * sum;
        for (int i = 0; i < count; i++) {
            left -= weights[candidates[i]];
            if (left < 0) {
                return candidates[i];
            }
        }
        return candidates[count - 1];
    }

    /** The token at a point of what this distribution has more of than another: normalise(max(this − other, 0)). */
    int drawBeyond(Distribution other, double at) {
        double all = 0;
        for (int i = 0; i < count; i++) {
            all += beyond(other, candidates[i]);
        }
        double left = at * all;
        int last = -1;
        for (int i = 0; i < count; i++) {
            double more = beyond(other, candidates[i]);
            if (more > 0) {
                last = candidates[i];
                left -= more;
                if (left < 0) {
                    return last;
                }
            }
        }
        // equal but for rounding: nothing lies beyond, and a rejection had next to no probability
        return last >= 0 ? last : draw(at);
    }

    private double beyond(Distribution other, int token) {
        return Math.max(0, probability(token) - other.probability(token));
    }
}
