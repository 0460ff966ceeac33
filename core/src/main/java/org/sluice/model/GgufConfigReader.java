package org.sluice.model;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.checkpoint.GgufMetadata;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.RoutingRule;
import org.sluice.tensor.Weight;

/** Reads {@link MlaMoeConfig} from the metadata of a GGUF file (GLM spec 6.2). */
final class GgufConfigReader {
    /** The {@code model_type} of each {@code general.architecture}. */
    private static final Map<String, String> MODEL_TYPES =
            Map.of("glm-dsa", "glm_moe_dsa", "deepseek2", "deepseek_v3", "deepseek32", "deepseek_v32");

    private static final int MAX = 1 << 24;
    /** GLM-5 and 5.1, with an indexer in every layer, were made for less. */
    private static final int GLM_5_2_CONTEXT = 1_048_576;

    private static final int GLM_5_2_FREQUENCY = 4;
    private static final int GLM_5_2_OFFSET = 3;
    /** Numbers of {@code expert_gating_func}. */
    private static final int SOFTMAX = 1;

    private static final int SIGMOID = 2;

    private final GgufCheckpoint files;
    private final GgufFields f;
    private final String modelType;
    private final int layers;
    private final int nextn;

    private GgufConfigReader(GgufCheckpoint files, String architecture, String modelType) {
        this.files = files;
        this.modelType = modelType;
        f = new GgufFields(files.metadata(), architecture);
        int blocks = f.count("block_count", 1, 10_000);
        nextn = f.count("nextn_predict_layers", 0, 64, 0);
        layers = blocks - nextn;
        if (layers < 1) {
            throw f.contradiction(
                    "block_count is " + blocks + ", but nextn_predict_layers, which are part of it, are " + nextn);
        }
    }

    static MlaMoeConfig read(GgufCheckpoint files) {
        GgufMetadata m = files.metadata();
        String architecture = m.requireText("general.architecture");
        String type = MODEL_TYPES.get(architecture);
        if (type == null) {
            throw new UnsupportedException(m.file() + ": general.architecture '" + architecture + "' is not supported; "
                    + new TreeSet<>(MODEL_TYPES.keySet()) + " are");
        }
        return new GgufConfigReader(files, architecture, type).read();
    }

    private MlaMoeConfig read() {
        if (f.number("attention.temperature_scale", -1, 0) != 0) {
            throw new UnsupportedException(f.file() + ": attention.temperature_scale is not supported");
        }
        int context = f.count("context_length", 1, Integer.MAX_VALUE);
        int ropeDims = f.count("rope.dimension_count", 2, MAX);
        if (ropeDims % 2 != 0) {
            throw f.contradiction("rope.dimension_count is " + ropeDims + ", but pairs turn together: it must be even");
        }
        RopeParameters rope = rope(context);
        int vocab = vocabulary();
        int leadingDense = Math.min(layers, f.count("leading_dense_block_count", 0, 10_000, 0));
        boolean experts = leadingDense < layers && f.count("expert_count", 0, 65_536, 0) > 0;
        return new MlaMoeConfig(
                modelType,
                vocab,
                f.count("embedding_length", 1, MAX),
                f.count("feed_forward_length", 1, MAX),
                layers,
                // the layers may lie in a file of their own
                files.tensorNames().contains("blk." + layers + ".nextn.eh_proj.weight") ? nextn : 0,
                (float) f.number("attention.layer_norm_rms_epsilon", 0),
                context,
                !files.tensorNames().contains("output.weight"),
                attention(ropeDims, rope),
                indexer(rope, ropeDims, context),
                experts ? Optional.of(experts(vocab)) : Optional.empty(),
                IntStream.range(0, layers)
                        .mapToObj(i -> !experts || i < leadingDense)
                        .toList(),
                eosTokenIds(),
                new MlaMoeConfig.WeightBlock(128, 128));
    }

    /** Rows of the embedding, which readers of the tokenizer must not exceed. */
    private int vocabulary() {
        Weight embedding = files.find(GgufNames.EMBEDDING)
                .orElseThrow(() -> new CheckpointException(f.file() + ": tensor '" + GgufNames.EMBEDDING
                        + "' is missing; the files are incomplete or of another architecture"));
        long rows = embedding.rows();
        if (rows > MAX) {
            throw f.contradiction(
                    "tensor '" + GgufNames.EMBEDDING + "' has " + rows + " rows, at most " + MAX + " make sense");
        }
        if (f.count("vocab_size", 1, MAX, (int) rows) != rows) {
            throw f.contradiction("vocab_size is " + f.count("vocab_size", 1, MAX) + ", but tensor '"
                    + GgufNames.EMBEDDING + "' has " + rows + " rows");
        }
        long tokens = files.metadata()
                .findArray("tokenizer.ggml.tokens")
                .map(a -> a.size())
                .orElse(rows);
        if (tokens > rows) {
            throw f.contradiction("tokenizer.ggml.tokens has " + tokens + " tokens, but tensor '" + GgufNames.EMBEDDING
                    + "' only " + rows + " rows");
        }
        return (int) rows;
    }

    private RopeParameters rope(int context) {
        double theta = f.number("rope.freq_base", 1, 10_000);
        String type = f.text("rope.scaling.type", "none");
        double factor = f.number("rope.scaling.factor", 0, 1);
        boolean plain = type.equals("none") || (type.equals("linear") && factor == 1);
        if (plain) {
            return new RopeParameters(theta, Optional.empty());
        }
        if (!type.equals("yarn")) {
            throw new UnsupportedException(
                    f.file() + ": rope.scaling.type '" + type + "' is not supported; 'none' and 'yarn' are");
        }
        // llama.cpp stores a tenth of mscale_all_dim; the quotient of two floats gives back what was meant
        double all = (float) f.number("rope.scaling.yarn_log_multiplier", -1e9, 0) / 0.1f;
        double magnitude = f.number(
                "rope.scaling.yarn_attn_factor", 0, RopeParameters.Yarn.magnitude(factor, impliedMscale(all), all));
        return new RopeParameters(
                theta,
                Optional.of(new RopeParameters.Yarn(
                        factor,
                        f.count("rope.scaling.original_context_length", 1, Integer.MAX_VALUE, context),
                        f.number("rope.scaling.yarn_beta_fast", 0, 32),
                        f.number("rope.scaling.yarn_beta_slow", 0, 1),
                        true,
                        all,
                        magnitude)));
    }

    /** There is no key for {@code mscale}: it is 1, except that DeepSeek-V2 has what mscale_all_dim is. */
    private double impliedMscale(double mscaleAllDim) {
        return modelType.equals("deepseek_v3") ? mscaleAllDim : 1;
    }

    private MlaMoeConfig.Attention attention(int ropeDims, RopeParameters rope) {
        if (!f.has("attention.q_lora_rank")) {
            throw new UnsupportedException(f.file()
                    + ": queries without a low rank (no key attention.q_lora_rank, as in DeepSeek-V2-Lite) are not"
                    + " supported");
        }
        // Files from before the split of attn_kv_b have no _mla keys; their lengths are those of the explicit heads.
        int head = f.count(
                f.has("attention.key_length_mla") ? "attention.key_length_mla" : "attention.key_length", 1, MAX);
        int value = f.count(
                f.has("attention.value_length_mla") ? "attention.value_length_mla" : "attention.value_length", 1, MAX);
        if (head <= ropeDims) {
            throw f.contradiction(
                    "a head's key has " + head + " elements, but rope.dimension_count alone is " + ropeDims);
        }
        return new MlaMoeConfig.Attention(
                f.count("attention.head_count", 1, 65_536),
                f.count("attention.q_lora_rank", 1, MAX),
                f.count("attention.kv_lora_rank", 1, MAX),
                head - ropeDims,
                ropeDims,
                value,
                (float) (rope.scoreFactor() / Math.sqrt(head)),
                rope,
                rope.rope(ropeDims, true));
    }

    private Optional<MlaMoeConfig.Indexer> indexer(RopeParameters rope, int ropeDims, int context) {
        if (modelType.equals("deepseek_v3")) {
            return Optional.empty();
        }
        int headDim = f.count("attention.indexer.key_length", 2, MAX);
        if (headDim < ropeDims) {
            throw f.contradiction(
                    "attention.indexer.key_length is " + headDim + ", less than rope.dimension_count, " + ropeDims);
        }
        List<Boolean> full = fullLayers(context);
        if (!full.getFirst()) {
            throw f.contradiction("layer 0 shares a selection, but no layer before it computes one");
        }
        return Optional.of(new MlaMoeConfig.Indexer(
                f.count("attention.indexer.head_count", 1, 65_536),
                headDim,
                f.count("attention.indexer.top_k", 1, MAX),
                full,
                rope.rope(ropeDims, modelType.startsWith("glm")),
                true));
    }

    /**
     * Which layers select for themselves: the list, or else frequency and offset, or else those that have the tensors, or,
     * where all layers have them, the rule of llama.cpp, which GLM-5.2 files without a list rely on.
     */
    private List<Boolean> fullLayers(int context) {
        Optional<List<Boolean>> types = f.flags("attention.indexer.types", layers, "full", "shared");
        if (types.isPresent()) {
            return types.get();
        }
        if (f.has("attention.indexer.top_k_frequency")) {
            return schedule(
                    f.count("attention.indexer.top_k_frequency", 1, MAX),
                    f.count("attention.indexer.skip_top_k_offset", 0, MAX, 2));
        }
        List<Boolean> present = IntStream.range(0, layers)
                .mapToObj(i -> files.tensorNames().contains("blk." + i + ".indexer.attn_k.weight"))
                .toList();
        if (present.contains(false) && present.contains(true)) {
            return present;
        }
        return modelType.startsWith("glm") && context >= GLM_5_2_CONTEXT
                ? schedule(GLM_5_2_FREQUENCY, GLM_5_2_OFFSET)
                : Collections.nCopies(layers, true);
    }

    private List<Boolean> schedule(int frequency, int offset) {
        return IntStream.range(0, layers)
                .mapToObj(i -> Math.max(i - offset + 1, 0) % frequency == 0)
                .toList();
    }

    private MlaMoeConfig.Experts experts(int vocab) {
        int routed = f.count("expert_count", 1, 65_536);
        int topK = f.count("expert_used_count", 1, 65_536);
        int groups = Math.max(1, f.count("expert_group_count", 0, 65_536, 1));
        int topGroups = Math.max(1, f.count("expert_group_used_count", 0, 65_536, 1));
        if (routed % groups != 0 || topGroups > groups || topK > (long) routed / groups * topGroups) {
            throw f.contradiction(routed + " experts in expert_group_count " + groups + " with expert_group_used_count "
                    + topGroups + " cannot give expert_used_count " + topK);
        }
        RoutingRule.Scoring scoring = scoring(vocab);
        if (scoring == RoutingRule.Scoring.SOFTMAX && groups > 1) {
            throw new UnsupportedException(f.file() + ": expert_gating_func softmax with expert_group_count " + groups
                    + " (the group-limited routing of DeepSeek-V2) is not supported");
        }
        double scale = f.number("expert_weights_scale", -1e-30, 0);
        return new MlaMoeConfig.Experts(
                routed,
                f.count("expert_shared_count", 0, 1024, 0),
                f.count("expert_feed_forward_length", 1, MAX),
                new RoutingRule(
                        scoring,
                        groups,
                        topGroups,
                        topK,
                        f.flag("expert_weights_norm", false),
                        scale == 0 ? 1 : (float) scale));
    }

    private RoutingRule.Scoring scoring(int vocab) {
        // DeepSeek-V2 files have no key. Nor has GLM-4.7-Flash, which is told apart as llama.cpp does.
        boolean flash = (layers == 47 || layers == 48) && vocab == 154_880;
        int function = f.count("expert_gating_func", 0, 1000, 0);
        if (function == 0) {
            function = modelType.equals("deepseek_v3") && !flash ? SOFTMAX : SIGMOID;
        }
        return switch (function) {
            case SOFTMAX -> RoutingRule.Scoring.SOFTMAX;
            case SIGMOID -> RoutingRule.Scoring.SIGMOID;
            default ->
                throw new UnsupportedException(f.file() + ": expert_gating_func " + function
                        + " is not supported; 1 (softmax) and 2 (sigmoid) are");
        };
    }

    private List<Integer> eosTokenIds() {
        return List.of("eos", "eot", "eom").stream()
                .map(kind -> files.metadata().findInteger("tokenizer.ggml." + kind + "_token_id"))
                .filter(OptionalLong::isPresent)
                .map(id -> Math.toIntExact(Math.clamp(id.getAsLong(), 0, Integer.MAX_VALUE)))
                .distinct()
                .toList();
    }
}
