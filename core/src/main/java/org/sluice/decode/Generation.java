package org.sluice.decode;

/**
 * A finished generation.
 *
 * @param tokens the answer, an ending stop token included
 * @param reason why it ended
 * @param reusedTokens prompt tokens that the session held already
 * @param prefillTokens prompt tokens that were computed
 * @param prefillNanos time until the prompt was computed
 * @param firstTokenNanos time until the first token was chosen
 * @param totalNanos time until the end
 * @param drafts how drafting went
 */
public record Generation(
        int[] tokens,
        FinishReason reason,
        int reusedTokens,
        int prefillTokens,
        long prefillNanos,
        long firstTokenNanos,
        long totalNanos,
        DraftStats drafts) {
    /** What there is of a request that was cancelled before anything was computed. */
    static Generation cancelledBeforeItBegan() {
        int[] none = {};
        return new Generation(none, FinishReason.CANCELLED, 0, 0, 0, 0, 0, new DraftStats(none, none, none, 0));
    }

    /** Tokens per second after the first one; 0 where there are fewer than two. */
    public double decodeRate() {
        return tokens.length < 2 ? 0 : (tokens.length - 1) * 1e9 / (totalNanos - firstTokenNanos);
    }

    /** Prompt tokens per second; 0 where nothing was computed. */
    public double prefillRate() {
        return prefillTokens == 0 ? 0 : prefillTokens * 1e9 / prefillNanos;
    }
}
