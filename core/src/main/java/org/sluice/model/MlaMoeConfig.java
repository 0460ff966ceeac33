package org.sluice.model;

import java.util.List;
import java.util.Optional;
import org.sluice.graph.Rope;
import org.sluice.graph.RoutingRule;

/**
 * Configuration of a model with latent attention and sparse experts: GLM-5, GLM-5.1, GLM-5.2 ({@code glm_moe_dsa}),
 * DeepSeek-V3 and R1 ({@code deepseek_v3}) and DeepSeek-V3.2 ({@code deepseek_v32}). Fields bear the names of {@code
 * config.json}.
 *
 * @param modelType {@code model_type}
 * @param vocabSize rows of embedding and head, padding included
 * @param hiddenSize width of the residual stream
 * @param intermediateSize inner width of a dense layer
 * @param numHiddenLayers layers of the trunk
 * @param numNextnPredictLayers multi-token-prediction layers behind it
 * @param rmsNormEps epsilon of every RMS norm
 * @param maxPositionEmbeddings longest context
 * @param tieWordEmbeddings whether the head is the embedding
 * @param attention latent attention
 * @param indexer sparse attention, if the model has it
 * @param experts routed and shared experts, absent where every layer is dense
 * @param denseLayers for each trunk layer whether its feed-forward is dense
 * @param eosTokenIds tokens that end an answer, possibly none
 * @param weightBlock rows and columns of a block of FP8 weights with one scale
 */
public record MlaMoeConfig(
        String modelType,
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numNextnPredictLayers,
        float rmsNormEps,
        int maxPositionEmbeddings,
        boolean tieWordEmbeddings,
        Attention attention,
        Optional<Indexer> indexer,
        Optional<Experts> experts,
        List<Boolean> denseLayers,
        List<Integer> eosTokenIds,
        WeightBlock weightBlock) {

    /** Epsilon of the layer norm on indexer keys (GLM spec 9.8). */
    public static final float INDEXER_NORM_EPSILON = 1e-6f;

    /**
     * Reads the text of a {@code config.json}.
     *
     * @param file what errors call it
     * @throws org.sluice.error.CheckpointException where it is no JSON, or a field is missing or wrong
     * @throws org.sluice.error.UnsupportedException where the architecture or a feature of it is not known
     */
    public static MlaMoeConfig parse(String file, String json) {
        return MlaMoeConfigReader.read(ConfigReader.parse(file, json));
    }

    /** Copies the lists. */
    public MlaMoeConfig {
        denseLayers = List.copyOf(denseLayers);
        eosTokenIds = List.copyOf(eosTokenIds);
    }

    /**
     * Latent attention.
     *
     * @param scale factor on the scores: {@code (nope + rope)^−½}, times YaRN's {@code mscale²}
     * @param ropeParameters what the rotations were made from
     * @param rope rotation of the last {@code qkRopeHeadDim} elements of a head
     */
    public record Attention(
            int numAttentionHeads,
            int qLoraRank,
            int kvLoraRank,
            int qkNopeHeadDim,
            int qkRopeHeadDim,
            int vHeadDim,
            float scale,
            RopeParameters ropeParameters,
            Rope rope) {
        /** Elements of a head's query: {@code qkNopeHeadDim + qkRopeHeadDim}. */
        public int qkHeadDim() {
            return qkNopeHeadDim + qkRopeHeadDim;
        }
    }

    /**
     * The lightning indexer.
     *
     * @param fullLayers for each trunk layer whether it computes a selection of its own; the others use the selection of the
     *     nearest full layer before them
     * @param rope rotation of the first {@code qkRopeHeadDim} elements of a head
     * @param shareForMtpIteration whether later draft steps reuse the first one's selection
     */
    public record Indexer(
            int indexNHeads,
            int indexHeadDim,
            int indexTopk,
            List<Boolean> fullLayers,
            Rope rope,
            boolean shareForMtpIteration) {
        /** Copies the list. */
        public Indexer {
            fullLayers = List.copyOf(fullLayers);
        }
    }

    /**
     * Routed and shared experts.
     *
     * @param rule how the router's logits choose
     */
    public record Experts(int nRoutedExperts, int nSharedExperts, int moeIntermediateSize, RoutingRule rule) {}

    /** Rows and columns that share a scale in FP8 weights. */
    public record WeightBlock(int rows, int columns) {}
}
