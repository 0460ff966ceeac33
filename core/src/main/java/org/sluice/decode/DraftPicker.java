package org.sluice.decode;

import java.lang.foreign.MemorySegment;

/** Picks a draft from what a draft layer predicts. */
@FunctionalInterface
public interface DraftPicker {
    /**
     * Picks a token.
     *
     * @param position 0 for the first draft of a round
     * @param logits the prediction, F32; its length says how many tokens can be drafted
     */
    int pick(int position, MemorySegment logits);
}
