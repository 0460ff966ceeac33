package org.sluice.decode;

/** Hears each token of a generation as it is chosen, and may end or steer it. */
@FunctionalInterface
public interface TokenListener {
    /** Hears nothing and never ends. */
    TokenListener NONE = (index, token) -> true;

    /**
     * A token was chosen.
     *
     * @param index 0 for the first token of the answer
     * @return whether to go on
     */
    boolean token(int index, int token);

    /**
     * May put another token in place of the one that was drawn, for instance to end a thought that has used up its budget.
     *
     * @param index 0 for the first token of the answer
     * @param drawn what the sampler drew
     */
    default int steer(int index, int drawn) {
        return drawn;
    }
}
