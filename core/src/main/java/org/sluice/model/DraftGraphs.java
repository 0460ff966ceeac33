package org.sluice.model;

import org.jspecify.annotations.Nullable;
import org.sluice.graph.Graph;

/**
 * A draft layer that guesses the token after the next from a hidden state of the trunk (multi-token prediction). Both graphs
 * keep the same states, so one can be the other's companion.
 *
 * <p>The graph that runs ahead is there where later drafts of a round look at the positions that the first one's indexer chose
 * ({@code index_share_for_mtp_iteration}, GLM spec 3.3). Where they do not, or the layer has no indexer, later drafts are rows of
 * {@code context}, which leave rows in the caches that the caller takes back.
 *
 * @param context makes up leeway: for rows p whose following token is certain, takes {@link LanguageModel#TOKENS} (the token at
 *     p+1) and {@link LanguageModel#HIDDEN} (the trunk's at p), appends to the layer's caches, and gives {@link #DRAFT}
 *     {@code [outputs, 1]}, the most likely token at p+2, on request with its {@link LanguageModel#LOGITS} {@code [outputs,
 *     vocab]}, {@link #RECYCLED} {@code [outputs, hidden]} to continue from, and {@link #SELECTION} {@code [rows, k]} where
 *     there is {@code ahead}
 * @param ahead runs ahead of what is certain: the same inputs, {@link #SELECTION} among them, and the same outputs; appends
 *     nothing and attends to the given selection only; null where later drafts choose for themselves
 * @param hiddenSize width of a hidden state
 * @param selectionWidth k of {@link #SELECTION}, 0 where there is none
 */
public record DraftGraphs(Graph context, @Nullable Graph ahead, int hiddenSize, int selectionWidth) {
    /**
     * How a draft layer predicts.
     *
     * @param vocabulary tokens it chooses among: the first rows of its head
     * @param logits whether it gives all of their logits or the most likely token only
     */
    public record Head(int vocabulary, boolean logits) {
        /** Everything. */
        public static final Head FULL = new Head(Integer.MAX_VALUE, true);
    }

    /** Name of the hidden state that the next draft continues from. */
    public static final String RECYCLED = "recycled";
    /** Name of the most likely token. */
    public static final String DRAFT = "draft";
    /** Name of the positions the layer's indexer chose. */
    public static final String SELECTION = "selection";
}
