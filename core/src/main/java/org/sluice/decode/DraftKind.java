package org.sluice.decode;

/** How drafts are picked from what a draft layer predicts. The answer follows the model's own distribution with either. */
public enum DraftKind {
    /**
     * The most likely token. The sampler draws as it would without drafts and a draft stands if it was drawn: the same seed
     * gives the same answer as without drafts.
     */
    ARGMAX,
    /**
     * Drawn from the draft layer's distribution after the sampler's own filters, and checked by rejection sampling
     * (Leviathan et al., arXiv 2211.17192). More drafts are right at high temperature; the same seed gives an answer of the
     * same distribution, but not the same answer. Without a temperature, and for drafts that come from no distribution,
     * as {@link #ARGMAX}.
     */
    SAMPLED
}
