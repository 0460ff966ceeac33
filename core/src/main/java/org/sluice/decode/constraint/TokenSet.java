package org.sluice.decode.constraint;

import java.util.Arrays;

/**
 * A set of tokens. Its bits lie in planes: token t is bit t / words of word t % words, so that neighbouring tokens are the same
 * bit of neighbouring words. What applies a set to logits is then a loop that compilers turn into vector instructions, which
 * they do for no loop over the bits of one word.
 */
final class TokenSet {
    private static final int PLANES = 32;
    /** What a product with a rounded-up reciprocal is divided by; exact for fewer than 2²³ tokens. */
    private static final int SCALE = 42;

    private final int[] words;
    private final long reciprocal;

    /** The empty set of a vocabulary. */
    TokenSet(int vocabulary) {
        words = new int[Math.max(16, (Math.ceilDiv(vocabulary, PLANES) + 15) & ~15)];
        reciprocal = Math.ceilDiv(1L << SCALE, words.length);
    }

    /** Bytes it takes. */
    int bytes() {
        return 4 * words.length;
    }

    void add(int token) {
        int plane = (int) ((token * reciprocal) >>> SCALE);
        words[token - plane * words.length] |= 1 << plane;
    }

    /** Adds the tokens of another set of the same vocabulary. */
    void addAll(TokenSet other) {
        for (int w = 0; w < words.length; w++) {
            words[w] |= other.words[w];
        }
    }

    private int count() {
        int n = 0;
        for (int word : words) {
            n += Integer.bitCount(word);
        }
        return n;
    }

    /**
     * Sets the first {@code n} logits whose token is not in the set to −∞.
     *
     * @return whether one is left
     */
    boolean apply(float[] logits, int n) {
        int count = count();
        if (count < n / PLANES) {
            return keepFew(logits, n, count);
        }
        int size = words.length;
        for (int plane = 0; plane < PLANES && plane * size < n; plane++) {
            limit(logits, plane * size, Math.min(size, n - plane * size), plane);
        }
        if (n > PLANES * size) {
            Arrays.fill(logits, PLANES * size, n, Float.NEGATIVE_INFINITY);
        }
        return anyBefore(n);
    }

    private boolean anyBefore(int n) {
        for (int w = 0; w < words.length; w++) {
            if (words[w] != 0 && Integer.numberOfTrailingZeros(words[w]) * words.length + w < n) {
                return true;
            }
        }
        return false;
    }

    /** No logit exceeds −∞ where the bit is off, and ∞ where it is on. */
    private void limit(float[] logits, int begin, int n, int plane) {
        for (int w = 0; w < n; w++) {
            float most = (2 * ((words[w] >>> plane) & 1) - 1) * Float.MAX_VALUE;
            logits[begin + w] = Math.min(logits[begin + w], most + most);
        }
    }

    private boolean keepFew(float[] logits, int n, int count) {
        int[] tokens = new int[count];
        float[] kept = new float[count];
        int k = 0;
        for (int w = 0; w < words.length; w++) {
            for (int on = words[w]; on != 0; on &= on - 1) {
                int token = Integer.numberOfTrailingZeros(on) * words.length + w;
                if (token < n) {
                    tokens[k] = token;
                    kept[k++] = logits[token];
                }
            }
        }
        Arrays.fill(logits, 0, n, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < k; i++) {
            logits[tokens[i]] = kept[i];
        }
        return k > 0;
    }
}
