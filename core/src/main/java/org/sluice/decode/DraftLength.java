package org.sluice.decode;

import java.util.Arrays;

/**
 * How many drafts the next step should check: a fixed number, or the number that has given the most tokens per second so
 * far. Remembers how often each position was right and what steps and drafts have cost.
 */
final class DraftLength {
    private static final double MEMORY = 0.9;
    /** Rounds after which a length that does not pay is tried again. */
    private static final int RETRY = 64;

    private final int most;
    private final boolean adaptive;
    private final double[] right;
    private final double[] stepNanos;
    private double draftNanos = Double.NaN;
    private int round;

    DraftLength(int most, boolean adaptive) {
        this.most = most;
        this.adaptive = adaptive;
        right = new double[most];
        Arrays.fill(right, 0.7);
        stepNanos = new double[most + 1];
        Arrays.fill(stepNanos, Double.NaN);
    }

    int next() {
        round++;
        if (!adaptive || most == 0) {
            return most;
        }
        for (int k = 0; k <= most; k += Math.max(1, most / 2)) {
            if (Double.isNaN(stepNanos[k])) {
                return k;
            }
        }
        int best = best();
        return round % RETRY == 0 ? Math.min(most, best + 1) : best;
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
            double time = step(k) + (k == 0 || Double.isNaN(draftNanos) ? 0 : k * draftNanos);
            if (tokens / time > bestRate) {
                bestRate = tokens / time;
                best = k;
            }
        }
        return best;
    }

    /** Cost of a step with k drafts, between measured neighbours by interpolation. */
    private double step(int k) {
        int low = k;
        while (low > 0 && Double.isNaN(stepNanos[low])) {
            low--;
        }
        int high = k;
        while (high < most && Double.isNaN(stepNanos[high])) {
            high++;
        }
        double a = stepNanos[low];
        double b = stepNanos[high];
        if (Double.isNaN(a) || low == high) {
            return Double.isNaN(a) ? b : a;
        }
        return Double.isNaN(b) ? a : a + (b - a) * (k - low) / (high - low);
    }

    void measured(int drafts, int accepted, long draftTime, long stepTime) {
        for (int i = 0; i < Math.min(drafts, accepted + 1); i++) {
            right[i] = MEMORY * right[i] + (1 - MEMORY) * (i < accepted ? 1 : 0);
        }
        stepNanos[drafts] = mix(stepNanos[drafts], (double) stepTime);
        if (drafts > 0) {
            draftNanos = mix(draftNanos, (double) draftTime / drafts);
        }
    }

    private static double mix(double old, double now) {
        return Double.isNaN(old) ? now : MEMORY * old + (1 - MEMORY) * now;
    }
}
