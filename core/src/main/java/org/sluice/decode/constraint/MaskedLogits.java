package org.sluice.decode.constraint;

import java.util.Arrays;

/**
 * Applies masks to logits. Takes one of two ways for a whole mask, because branches that change from word to word cost more
 * than what they save: removes what is not allowed, or sets aside what is and fills everything. For one thread.
 */
final class MaskedLogits {
    private final float[] kept = new float[64];

    /**
     * Sets the first {@code n} logits whose bit is not set to −∞; of bits behind the last word, none is set.
     *
     * @return whether one is left
     */
    boolean apply(long[] bits, float[] logits, int n) {
        int words = Math.min(bits.length, n / 64);
        int allowed = 0;
        for (int w = 0; w < words; w++) {
            allowed += Long.bitCount(bits[w]);
        }
        boolean few = allowed < words * 64 / 4;
        for (int w = 0; w < words; w++) {
            if (few) {
                keep(bits[w], logits, w * 64);
            } else {
                remove(~bits[w], logits, w * 64);
            }
        }
        for (int t = words * 64; t < n; t++) {
            if (t / 64 < bits.length && (bits[t / 64] >>> t & 1) != 0) {
                allowed++;
            } else {
                logits[t] = Float.NEGATIVE_INFINITY;
            }
        }
        return allowed > 0;
    }

    private static void remove(long word, float[] logits, int begin) {
        for (long off = word; off != 0; off &= off - 1) {
            logits[begin + Long.numberOfTrailingZeros(off)] = Float.NEGATIVE_INFINITY;
        }
    }

    private void keep(long word, float[] logits, int begin) {
        int k = 0;
        for (long on = word; on != 0; on &= on - 1) {
            kept[k++] = logits[begin + Long.numberOfTrailingZeros(on)];
        }
        Arrays.fill(logits, begin, begin + 64, Float.NEGATIVE_INFINITY);
        k = 0;
        for (long on = word; on != 0; on &= on - 1) {
            logits[begin + Long.numberOfTrailingZeros(on)] = kept[k++];
        }
    }
}
