package org.sluice.model;

import java.util.List;
import java.util.Optional;
import org.sluice.graph.CacheType;
import org.sluice.graph.Graph;

/** A model whose files are open and checked, of whatever family: what an engine needs to know of it. Immutable. */
public interface LanguageModel {
    /** Name of the graph's input of token ids, I32 {@code [rows]}. */
    String TOKENS = "tokens";
    /** Name of the graph's output of logits, F32 {@code [outputs, vocab]}. */
    String LOGITS = "logits";
    /** Name of the graph's output of the likeliest tokens, I32 {@code [outputs, 1]}. */
    String PICKED = "picked";

    /** Elements of a row of logits, padding included. */
    int vocabSize();

    /** Longest context the model was made for. */
    int maxContext();

    /** Tokens that end an answer according to the configuration; possibly none. */
    List<Integer> eosTokenIds();

    /** Name of the output and input of hidden states that a draft model continues from, F32 {@code [rows, hidden]}. */
    String HIDDEN = "hidden";

    /**
     * The graphs of the model's own draft layer, if its files hold one.
     *
     * @param caches how the layer's caches are kept
     */
    default Optional<DraftGraphs> drafts(DraftGraphs.Head head, CacheType caches) {
        return Optional.empty();
    }

    /** {@link #drafts(DraftGraphs.Head, CacheType)} with caches in F32. */
    default Optional<DraftGraphs> drafts(DraftGraphs.Head head) {
        return drafts(head, CacheType.F32);
    }

    /** The graph of one step, over the model's weights. */
    Graph graph(GraphOptions options);

    /** What {@code inspect} prints. */
    ModelSummary summary();
}
