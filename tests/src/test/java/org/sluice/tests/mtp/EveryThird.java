package org.sluice.tests.mtp;

import java.util.Set;
import org.sluice.decode.Constraint;

/** Forbids a third of the vocabulary, another one at every position behind the first. */
record EveryThird() implements Constraint {
    static boolean allows(int position, int token) {
        return position == 0 || (token + position) % 3 != 0;
    }

    @Override
    public Cursor begin(Set<Integer> stopTokens) {
        return new At();
    }

    private static final class At implements Cursor {
        private int position;

        @Override
        public void mask(float[] logits, int vocabulary) {
            for (int t = 0; t < vocabulary; t++) {
                if (!allows(t)) {
                    logits[t] = Float.NEGATIVE_INFINITY;
                }
            }
        }

        @Override
        public boolean allows(int token) {
            return EveryThird.allows(position, token);
        }

        @Override
        public void advance(int token) {
            position++;
        }

        @Override
        public int allowedPrefix(int[] tokens, int n) {
            int i = 0;
            while (i < n && EveryThird.allows(position + i, tokens[i])) {
                i++;
            }
            return i;
        }

        @Override
        public boolean isComplete() {
            return false;
        }
    }
}
