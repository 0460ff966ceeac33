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
    private final Distribution target;
    private long drawn;

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
        for (drawn = 0; drawn < options.drawn(); drawn++) {
            random.nextDouble();
        }
        logits = new float[vocabulary];
        target = new Distribution(options.temperature() == 0 ? 0 : vocabulary);
    }

    /** Remembers a token for the repetition penalty. */
    public void see(int token) {
        seen.set(token);
    }

    /**
     * Draws a token; takes one random number, or none without a temperature.
     *
     * @param row logits, F32 little endian
     * @param offset bytes before the first logit
     */
    public int sample(MemorySegment row, long offset) {
        if (options.temperature() == 0) {
            target(row, offset);
            return argMax();
        }
        return distribution(row, offset).draw(uniform());
    }

    /** Whether tokens are drawn rather than taken. */
    boolean draws() {
        return options.temperature() != 0;
    }

    /** Its options, to go on with the next random number. */
    SamplerOptions state() {
        return options.withDrawn(drawn);
    }

    /** An empty distribution over the tokens that may be drawn. */
    Distribution newDistribution() {
        return new Distribution(vocabulary);
    }

    /** What {@link #sample} would draw from; valid until the next call. */
    Distribution distribution(MemorySegment row, long offset) {
        target(row, offset);
        target.fill(logits, vocabulary, options);
        return target;
    }

    /**
     * Draws a draft from the first {@code width} logits at most and leaves in {@code d} what it was drawn from. Not held to the
     * constraint, which does not know the drafts before it.
     */
    int draft(MemorySegment row, long offset, int width, Distribution d) {
        int n = read(row, offset, width);
        d.fill(logits, n, options);
        return d.draw(uniform());
    }

    /** A random number from 0 to 1, exclusive. */
    double uniform() {
        drawn++;
        return random.nextDouble();
    }

    /** Reads the model's logits, held to the constraint. */
    private void target(MemorySegment row, long offset) {
        read(row, offset, vocabulary);
        if (constraint != null) {
            constraint.mask(logits, vocabulary);
        }
    }

    /** Reads logits and applies the repetition penalty; returns how many tokens there are. */
    private int read(MemorySegment row, long offset, int width) {
        int n = Math.min(width, vocabulary);
        MemorySegment.copy(row, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, logits, 0, n);
        if (options.repetitionPenalty() != 1) {
            float p = (float) options.repetitionPenalty();
            for (int t = seen.nextSetBit(0); t >= 0 && t < n; t = seen.nextSetBit(t + 1)) {
                logits[t] = logits[t] > 0 ? logits[t] / p : logits[t] * p;
            }
        }
        return n;
    }

    private int argMax() {
        int best = 0;
        float most = logits[0];
        for (int t = 1; t < vocabulary; t++) {
            if (logits[t] > most) {
                most = logits[t];
                best = t;
            }
        }
        return best;
    }
}
