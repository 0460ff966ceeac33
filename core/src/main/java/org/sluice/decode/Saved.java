package org.sluice.decode;

import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;

/**
 * What a session file holds beside its caches.
 *
 * @param model identity of the model, 32 bytes
 * @param conversation tokens, computed or not
 * @param sampler how the last answer's tokens were drawn, or null where there was none
 * @param attachment what the application wants to find again
 */
record Saved(byte[] model, int[] conversation, @Nullable SamplerOptions sampler, byte[] attachment) {
    /** Caches that are closed with it, if there are any. */
    record Caches(@Nullable Sequence sequence) implements AutoCloseable {
        static Caches of(@Nullable Sequence sequence) {
            return new Caches(sequence);
        }

        @Override
        public void close() {
            if (sequence != null) {
                sequence.close();
            }
        }
    }
}
