package org.sluice.decode;

import java.util.Set;

/** A set of texts an answer must stay in, compiled for one vocabulary. Safe for use by several threads. */
public interface Constraint {
    /**
     * The beginning of one answer.
     *
     * @param stopTokens tokens that end the answer: allowed where the text so far is a whole one, and nowhere else
     */
    Cursor begin(Set<Integer> stopTokens);

    /** How far one answer has come. Belongs to one generation, used by one thread at a time. */
    interface Cursor {
        /**
         * Sets the logits of all tokens that may not come next to −∞.
         *
         * @param vocabulary logits from this index on are left alone
         * @throws org.sluice.error.InvalidRequestException where no token may come next
         */
        void mask(float[] logits, int vocabulary);

        /** Whether a token may come next. */
        boolean allows(int token);

        /**
         * A token was made part of the answer.
         *
         * @throws org.sluice.error.InvalidRequestException where it is not allowed
         */
        void advance(int token);

        /** How many of the first {@code n} tokens may follow one after the other; nothing is advanced. */
        int allowedPrefix(int[] tokens, int n);

        /** Whether the text is whole and nothing may follow but a stop token. */
        boolean isComplete();
    }
}
