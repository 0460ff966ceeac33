package org.sluice.graph;

/** How the numbers of a state are kept. */
public enum CacheType {
    /** As they are computed. */
    F32,
    /** Rounded to the nearest bfloat16. */
    BF16,
    /**
     * Latents and indexer keys as e4m3 in groups of {@link #GROUP}, each divided by an F32 scale (the group's largest magnitude
     * over 448); the rotated part of a latent's row as bfloat16. A row is all codes, then all scales, then the rotated part: 656
     * bytes where the latent has 512 numbers and the rotated part 64 (the fp8_ds_mla layout of vLLM), 132 for a key of 128.
     */
    FP8;

    /** Numbers that share a scale. */
    public static final int GROUP = 128;

    /**
     * Bytes of a row.
     *
     * @param main numbers of a latent or a key
     * @param rotated numbers of the rotated part behind a latent, 0 for keys
     */
    public int rowBytes(int main, int rotated) {
        return switch (this) {
            case F32 -> 4 * (main + rotated);
            case BF16 -> 2 * (main + rotated);
            case FP8 -> main + 4 * Math.ceilDiv(main, GROUP) + 2 * rotated;
        };
    }
}
