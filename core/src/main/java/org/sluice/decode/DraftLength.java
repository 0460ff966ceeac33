package org.sluice.decode;

import java.util.Arrays;

/**
 * How many drafts the next round should check: a fixed number, or the number that promises the most tokens per second.
 * Remembers how often each position was right once those before it were, and what rounds of each length have cost; looks
 * at other lengths from time to time, because both change along a text.
 */
final class DraftLength {
    private static final double MEMORY = 0.85;
    /** How often a draft is taken to be right before anything is known. */
    private static final double PRIOR = 0.7;
    /** Rounds between looks at another length, and rounds such a look takes. */
    private static final int RETRY = 64;

    private static final int LOOK = 4;
    /** Rounds a length is measured before it is judged, and rounds spent on trying to: the drafter may have no drafts. */
    private static final int SAMPLES = 2;

    private static final int TRIES = 6;

    private final int most;
    private final boolean adaptive;
    private final double[] right;
    private final double[] nanos;
    private final int[] samples;
    private final int[] tries;
    private int round;
    private int look;
    private int looks;

    DraftLength(int most, boolean adaptive) {
        this.most = most;
        this.adaptive = adaptive;
        right = new double[most];
        Arrays.fill(right, PRIOR);
        nanos = new double[most + 1];
        Arrays.fill(nanos, Double.NaN);
        samples = new int[most + 1];
        tries = new int[most + 1];
    }

    /** Drafts of the next round. */
    int next() {
        if (!adaptive || most == 0) {
            return most;
        }
        for (int k : new int[] {0, 1, (most + 1) / 2, most}) {
            if (samples[k] < SAMPLES && tries[k] < TRIES) {
                tries[k]++;
                return k;
            }
        }
        int best = best();
        int phase = round++ % (RETRY + LOOK);
        if (phase < RETRY) {
            return best;
        }
        if (phase == RETRY) {
            look = lookFrom(best);
        }
        return look;
    }

    /** Another length to look at: a neighbour in turn, and sometimes one farther off, whose cost is older. */
    private int lookFrom(int best) {
        return switch (looks++ % 4) {
            case 0 -> best < most ? best + 1 : best - 1;
            case 1 -> best > 0 ? best - 1 : 1;
            case 2 -> Math.min(most, 2 * best + 2);
            default -> best == 0 ? 1 : 0;
        };
    }

    /** The length with the most expected tokens per expected time. */
    private int best() {
        int best = 0;
        double bestRate = 0;
        double tokens = 1;
        double chance = 1;
        for (int k = 0; k <= most; k++) {
            if (k > 0) {
                chance *= right[k - 1];
                tokens += chance;
            }
            double rate = tokens / cost(k);
            if (rate > bestRate) {
                bestRate = rate;
                best = k;
            }
        }
        return best;
    }

    /** Cost of a round with k drafts, between measured neighbours by interpolation. */
    private double cost(int k) {
        int low = k;
        while (low >= 0 && samples[low] == 0) {
            low--;
        }
        int high = k;
        while (high <= most && samples[high] == 0) {
            high++;
        }
        if (low < 0) {
            return high > most ? 1 : nanos[high];
        }
        if (high > most || low == high) {
            return nanos[low];
        }
        return nanos[low] + (nanos[high] - nanos[low]) * (k - low) / (high - low);
    }

    /**
     * A round is over.
     *
     * @param drafts how many it checked
     * @param accepted how many were right
     * @param time nanoseconds of the round, the making of its drafts included
     */
    void measured(int drafts, int accepted, long time) {
        for (int i = 0; i < Math.min(drafts, accepted + 1); i++) {
            right[i] = MEMORY * right[i] + (1 - MEMORY) * (i < accepted ? 1 : 0);
        }
        double old = nanos[drafts];
        // the first rounds count alike; an outlier (a pause, another program) counts as twice the usual at most
        double share = Math.max(1 - MEMORY, 1.0 / ++samples[drafts]);
        nanos[drafts] = Double.isNaN(old) ? (double) time : old + share * (Math.min((double) time, 2 * old) - old);
    }
}
