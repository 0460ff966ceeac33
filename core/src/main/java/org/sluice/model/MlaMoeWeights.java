package org.sluice.model;

import java.util.List;
import java.util.Optional;
import org.sluice.graph.HeadMatrix;
import org.sluice.tensor.Weight;

/**
 * The weights of an {@link MlaMoeConfig} model, by role.
 *
 * @param embedding {@code [vocab, hidden]}
 * @param layers the trunk
 * @param norm final norm {@code [hidden]}
 * @param head {@code [vocab, hidden]}
 * @param mtp the first multi-token-prediction layer, if the files hold one
 */
record MlaMoeWeights(Weight embedding, List<Layer> layers, Weight norm, Weight head, Optional<Mtp> mtp) {

    /**
     * A multi-token-prediction layer (GLM spec 3.1).
     *
     * @param embeddingNorm norm of the next token's embedding, in files {@code enorm.weight}
     * @param hiddenNorm norm of the hidden state, in files {@code hnorm.weight}
     * @param projection {@code eh_proj [hidden, 2 · hidden]}, embedding half first
     * @param layer a complete decoder layer with an indexer of its own
     * @param norm {@code shared_head.norm}
     * @param embedding the trunk's table, or the layer's own
     * @param head the trunk's head, or the layer's own
     */
    record Mtp(
            Weight embeddingNorm,
            Weight hiddenNorm,
            Weight projection,
            Layer layer,
            Weight norm,
            Weight embedding,
            Weight head) {}

    /**
     * One decoder layer.
     *
     * @param keyUp a head's nope-key rows of the latent's up-projection, to absorb queries with
     * @param valueUp a head's value rows, to expand the attended latent with
     */
    record Layer(
            Weight inputNorm,
            Weight queryDown,
            Weight queryNorm,
            Weight queryUp,
            Weight kvDown,
            Weight kvNorm,
            HeadMatrix keyUp,
            HeadMatrix valueUp,
            Weight output,
            Optional<Indexer> indexer,
            Weight postAttentionNorm,
            Mlp mlp) {}

    /** Lightning indexer of a full layer. */
    record Indexer(Weight query, Weight key, Weight keyNorm, Weight keyNormBias, Weight headWeights) {}

    /** Feed-forward half of a layer. */
    sealed interface Mlp {}

    /** One gated unit. */
    record Dense(Weight gate, Weight up, Weight down) implements Mlp {}

    /** Routed experts as banks, and the shared expert if there is one. */
    record Sparse(Weight router, Optional<Weight> bias, Weight gate, Weight up, Weight down, Optional<Dense> shared)
            implements Mlp {}
}
