package org.sluice.decode.constraint;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Where a text may be: all stacks that its bytes so far can have led to. Interned like frames. */
final class TextState {
    /** No way on, and not the end either. */
    static final TextState DEAD = new TextState(new CallStack[0], false, false);

    /** Stacks whose top reads bytes. */
    final CallStack[] stacks;
    /** Whether the text is whole. */
    final boolean accepts;
    /** Whether the frame under {@link CallStack#UNKNOWN} may be left here. */
    final boolean exits;

    @Nullable
    TextState @Nullable [] next;

    @Nullable
    TokenSet mask;

    /** What {@link FreeRuns} found out. */
    FreeRuns.@Nullable Run run;

    /** {@link ByteClasses} of which every byte may come, or −1 where that has not been asked yet. */
    int open = -1;

    TextState(CallStack[] stacks, boolean accepts, boolean exits) {
        this.stacks = stacks;
        this.accepts = accepts;
        this.exits = exits;
    }

    boolean isDead() {
        return this == DEAD;
    }

    /** What the cache knows it by. */
    record Key(long[] serials, boolean accepts, boolean exits) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Key k && k.accepts == accepts && k.exits == exits && Arrays.equals(serials, k.serials);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(serials) + (accepts ? 2 : 0) + (exits ? 1 : 0);
        }
    }
}
