package org.sluice.graph;

/**
 * What a sequence keeps between steps. A graph declares its states; a backend stores them per sequence, in pages of
 * tokens, and chooses the layout of a row.
 *
 * <p>Closed on purpose: a backend must know every kind. A new kind (a window ring, a recurrent state) is a new record here
 * and a new case in the backends; nothing else changes.
 */
public sealed interface State {
    /** Position among the graph's states. */
    int id();

    /** What plans call it, for instance {@code layers.3.latent}. */
    String name();

    /** Elements kept for one token. */
    int width();

    /** How they are kept. */
    CacheType type();

    /** Elements at the front that {@link CacheType#FP8} keeps as codes; those behind are a rotated part. */
    int main();

    /** Bytes of one token's row. */
    default int rowBytes() {
        return type().rowBytes(main(), width() - main());
    }

    /**
     * Latent KV cache of one layer: for every token the normalised latent (key and value of all heads) followed by the one
     * rotated key part that all heads share.
     *
     * @param latent width of the latent, {@code kv_lora_rank}
     * @param rope width of the rotated part, {@code qk_rope_head_dim}
     */
    record LatentCache(int id, String name, int latent, int rope, CacheType type) implements State {
        @Override
        public int main() {
            return latent;
        }

        @Override
        public int width() {
            return latent + rope;
        }
    }

    /**
     * Keys of one layer's lightning indexer, rotated.
     *
     * @param width {@code index_head_dim}
     */
    record IndexKeyCache(int id, String name, int width, CacheType type) implements State {
        @Override
        public int main() {
            return width;
        }
    }
}
