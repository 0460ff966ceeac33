package org.sluice.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The way back: turns a Hugging Face tokenizer.json into the metadata by which GGUF files carry a tokenizer. */
public final class GgufTokenizerMetadata {
    private final String name;
    private final @Nullable String[] tokens;
    private final int[] types;

    private GgufTokenizerMetadata(String name, int vocabSize) {
        this.name = name;
        this.tokens = new @Nullable String[vocabSize];
        this.types = new int[vocabSize];
    }

    /**
     * The metadata of a tokenizer.
     *
     * @param name what messages call the tokenizer, usually its file
     * @param tokenizerJson text of the tokenizer.json
     * @param vocabSize rows of the embedding; ids without a token are filled up with unused ones, because readers take the
     *     number of tokens for the number of rows
     * @throws CheckpointException where the JSON is broken, contradicts itself or has ids beyond {@code vocabSize}
     * @throws UnsupportedException where GGUF has no way to express the tokenizer
     */
    public static Map<String, GgufValue> of(String name, String tokenizerJson, int vocabSize) {
        JsonNode json;
        try {
            json = JsonMapper.shared().readTree(tokenizerJson);
        } catch (JacksonException e) {
            throw new CheckpointException(name + " is no JSON: " + e.getOriginalMessage(), e);
        }
        return new GgufTokenizerMetadata(name, vocabSize).convert(json);
    }

    private Map<String, GgufValue> convert(JsonNode json) {
        JsonNode model = json.path("model");
        if (!model.path("type").asString("").equals("BPE")
                || model.path("byte_fallback").asBoolean(false)) {
            throw new UnsupportedException(name + ": only a byte-level BPE tokenizer can be put into a GGUF file");
        }
        GgufPreTokenizer pre = preTokenizer(json.path("pre_tokenizer"));
        String normalizer = json.path("normalizer").path("type").asString("");
        if (!normalizer.equals(pre.composed() ? "NFC" : "")) {
            throw new UnsupportedException(name + ": GGUF cannot express the normalizer '" + normalizer
                    + "' with the pre-tokenizer '" + pre.ggufName() + "'");
        }
        for (Map.Entry<String, JsonNode> e : model.path("vocab").properties()) {
            put(e.getValue(), e.getKey(), GgufTokenizer.NORMAL);
        }
        for (JsonNode a : json.path("added_tokens")) {
            added(a);
        }
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] == null) {
                tokens[id] = "[PAD" + id + "]";
                types[id] = GgufTokenizer.UNUSED;
            }
        }
        List<String> merges = new ArrayList<>(model.path("merges").size());
        for (JsonNode m : model.path("merges")) {
            merges.add(m.isArray() ? m.path(0).asString() + " " + m.path(1).asString() : m.asString());
        }
        Map<String, GgufValue> out = new LinkedHashMap<>();
        out.put(GgufTokenizer.MODEL, GgufValue.of(GgufTokenizer.BYTE_LEVEL_BPE));
        out.put(GgufTokenizer.PRE, GgufValue.of(pre.ggufName()));
        out.put(GgufTokenizer.TOKENS, GgufValue.of(GgufArray.ofTexts(texts())));
        out.put(GgufTokenizer.TYPES, GgufValue.of(GgufArray.ofInts(types)));
        out.put(GgufTokenizer.MERGES, GgufValue.of(GgufArray.ofTexts(merges)));
        if (pre == GgufPreTokenizer.GLM4) {
            glmIds(out);
        }
        return out;
    }

    private List<String> texts() {
        return Arrays.stream(tokens).map(t -> t == null ? "" : t).toList();
    }

    private GgufPreTokenizer preTokenizer(JsonNode node) {
        List<String> patterns = new ArrayList<>();
        boolean plain = isByteLevel(node, true);
        for (JsonNode step : node.path("pretokenizers")) {
            boolean isolates = step.path("type").asString("").equals("Split")
                    && step.path("behavior").asString("").equals("Isolated")
                    && !step.path("invert").asBoolean(false);
            if (isolates) {
                patterns.add(step.at("/pattern/Regex").asString(""));
            } else {
                plain = isByteLevel(step, patterns.isEmpty());
            }
        }
        if (!plain) {
            throw unknown(node);
        }
        return GgufPreTokenizer.withPatterns(patterns).orElseThrow(() -> unknown(node));
    }

    private static boolean isByteLevel(JsonNode step, boolean useRegex) {
        return step.path("type").asString("").equals("ByteLevel")
                && !step.path("add_prefix_space").asBoolean(true)
                && step.path("use_regex").asBoolean(true) == useRegex;
    }

    private UnsupportedException unknown(JsonNode node) {
        return new UnsupportedException(name + ": there is no GGUF name known here for the pre-tokenizer " + node);
    }

    private void added(JsonNode token) {
        String text = token.path("content").asString("");
        for (String flag : List.of("single_word", "lstrip", "rstrip")) {
            if (token.path(flag).asBoolean(false)) {
                throw new UnsupportedException(
                        name + ": added token '" + text + "' has " + flag + ", which GGUF cannot express");
            }
        }
        boolean special = token.path("special").asBoolean(false);
        put(token.path("id"), text, special ? GgufTokenizer.CONTROL : GgufTokenizer.USER_DEFINED);
    }

    private void put(JsonNode id, String text, int type) {
        if (!id.isInt() || id.intValue() < 0 || id.intValue() >= tokens.length) {
            throw new CheckpointException(name + ": token '" + text + "' has the id " + id + " where the model has "
                    + tokens.length + " tokens");
        }
        String other = tokens[id.intValue()];
        if (other != null && !other.equals(text)) {
            throw new CheckpointException(name + ": tokens '" + other + "' and '" + text + "' both have the id " + id);
        }
        tokens[id.intValue()] = text;
        types[id.intValue()] = type;
    }

    /** The ids that GLM's own converter writes; names are those of GLM's added tokens. */
    private void glmIds(Map<String, GgufValue> out) {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put(GgufTokenizer.EOS, "<|endoftext|>");
        keys.put(GgufTokenizer.EOT, GgufTokenizer.GLM_USER);
        keys.put(GgufTokenizer.EOM, GgufTokenizer.GLM_OBSERVATION);
        keys.put(GgufTokenizer.BOS, "[gMASK]");
        keys.put(GgufTokenizer.PADDING, "<|endoftext|>");
        List<@Nullable String> all = Arrays.asList(tokens);
        keys.forEach((key, token) -> {
            int id = all.indexOf(token);
            if (id >= 0) {
                out.put(key, GgufValue.of(id));
            }
        });
        out.put("tokenizer.ggml.add_bos_token", GgufValue.of(false));
    }
}
