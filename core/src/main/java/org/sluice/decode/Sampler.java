package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Draws tokens from logits. One sampler belongs to one generation: it owns the random numbers and remembers the tokens it
 * has seen. Not safe for use by several threads.
 */
public final class Sampler {
    private final SamplerOptions options;
    private final SplittableRandom random;
    private final BitSet seen = new BitSet();
    private final int vocabulary;
    private final Constraint.@Nullable Cursor constraint;
    private final float[] logits;
    private final int[] candidates;
    private final double[] weights;

    /**
     * A sampler.
     *
     * @param vocabulary number of tokens that may be drawn; logits of padding rows behind them are not looked at
     */
    public Sampler(SamplerOptions options, int vocabulary) {
        this(options, vocabulary, null);
    }

    /**
     * A sampler that keeps to a constraint.
     *
     * @param constraint tokens it does not allow are never drawn; whoever emits tokens advances it. Null for none
     */
    public Sampler(SamplerOptions options, int vocabulary, Constraint.@Nullable Cursor constraint) {
        this.options = options;
        this.vocabulary = vocabulary;
        this.constraint = constraint;
        random = new SplittableRandom(options.seed());
        logits = new float[vocabulary];
        candidates = new int[vocabulary];
        weights = new double[vocabulary];
    }

    /** Remembers a token for the repetition penalty. */
    public void see(int token) {
        seen.set(token);
    }

    /**
     * Draws a token.
     *
     * @param row logits, F32 little endian
     * @param offset bytes before the first logit
     */
    public int sample(MemorySegment row, long offset) {
        MemorySegment.copy(row, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, logits, 0, vocabulary);
        if (constraint != null) {
            constraint.mask(logits, vocabulary);
        }
        penalise();
        if (options.temperature() == 0) {
            return argMax();
        }
        int n = candidates();
        double sum = probabilities(n);
        n = topP(n, sum);
        n = minP(n);
        return candidates[draw(n)];
    }

    private void penalise() {
        if (options.repetitionPenalty() == 1) {
            return;
        }
        float p = (float) options.repetitionPenalty();
        for (int t = seen.nextSetBit(0); t >= 0 && t < vocabulary; t = seen.nextSetBit(t + 1)) {
            logits[t] = logits[t] > 0 ? logits[t] / p : logits[t] * p;
        }
    }

    private int argMax() {
        int best = 0;
        for (int t = 1; t < vocabulary; t++) {
            if (logits[t] > logits[best]) {
                best = t;
            }
        }
        return best;
    }

    /** Fills {@link #candidates}, all possible tokens or the top k; returns how many. */
    private int candidates() {
        int possible = 0;
        for (int t = 0; t < vocabulary; t++) {
            if (logits[t] != Float.NEGATIVE_INFINITY) {
                candidates[possible++] = t;
            }
        }
        int k = options.topK() == 0 ? possible : Math.min(options.topK(), possible);
        if (k < possible) {
            Order.mostLikelyFirst(candidates, possible, k, logits);
        }
        return k;
    }

    /** Sets {@link #weights} of the candidates, relative to the most likely one; returns their sum. */
    private double probabilities(int n) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, logits[candidates[i]]);
        }
        double sum = 0;
        for (int i = 0; i < n; i++) {
            weights[candidates[i]] = Math.exp((logits[candidates[i]] - max) / options.temperature());
            sum += weights[candidates[i]];
        }
        return sum;
    }

    private int topP(int n, double sum) {
        if (options.topP() >= 1) {
            return n;
        }
        double wanted = options.topP() * sum;
        // likely tokens are few: sort a growing head instead of the whole vocabulary
        for (int head = Math.min(n, 32); ; head = Math.min(n, head * 8)) {
            Order.mostLikelyFirst(candidates, n, head, logits);
            double reached = 0;
            for (int i = 0; i < head; i++) {
                reached += weights[candidates[i]];
                if (reached >= wanted) {
                    return i + 1;
                }
            }
            if (head == n) {
                return n;
            }
        }
    }

    private int minP(int n) {
        if (options.minP() <= 0) {
            return n;
        }
        int kept = 0;
        for (int i = 0; i < n; i++) {
            if (weights[candidates[i]] >= options.minP()) {
                candidates[kept++] = candidates[i];
            }
        }
        return kept;
    }

    private int draw(int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += weights[candidates[i]];
        }
        double at = random.nextDouble() * sum;
        for (int i = 0; i < n; i++) {
            at -= weights[candidates[i]];
            if (at < 0) {
                return i;
            }
        }
        return n - 1;
    }
}
