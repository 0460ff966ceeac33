package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;

/**
 * Guesses what comes next so that one step can check several tokens. Belongs to one session and is used by one thread at a
 * time.
 */
public interface Drafter extends AutoCloseable {
    /** Whether {@link #observe} needs the trunk's hidden states. */
    boolean wantsHidden();

    /**
     * How many rows a session may keep when it goes on with another prompt: what the drafter has not observed, or observed
     * with another token behind it, has to be computed again.
     *
     * @param same rows whose tokens the session holds already
     */
    int keep(int same);

    /**
     * The trunk has computed rows {@code from} to {@code to−1} of {@code tokens}; rows from {@code from} on that were observed
     * before are void.
     *
     * @param known tokens that are certain, the newest included; at least {@code to}, usually {@code to + 1}
     * @param hidden hidden states of those rows, F32, unless {@link #wantsHidden} is false
     * @param asked whether {@link #propose} comes next; where not, a drafter can spare itself the work of a prediction
     */
    void observe(int[] tokens, int known, int from, int to, MemorySegment hidden, boolean asked);

    /**
     * Guesses the tokens behind the first {@code known}.
     *
     * @param most how many at most
     * @param picker picks from predictions, or null for the most likely token; a drafter without predictions does not ask it
     * @param drafts receives them
     * @return how many there are
     */
    int propose(int[] tokens, int known, int most, @Nullable DraftPicker picker, int[] drafts);

    /** A copy of the caches it keeps, which the caller closes; null where it keeps none. */
    default @Nullable Sequence fork() {
        return null;
    }

    /** Goes on with caches that {@link #fork} of a drafter of its kind gave, maybe cut; null for none. Takes them over. */
    default void adopt(@Nullable Sequence caches) {}

    @Override
    void close();
}
