package org.sluice.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.sluice.checkpoint.GgufTokenizerMetadata;
import org.sluice.checkpoint.GgufValue;
import org.sluice.error.CheckpointException;
import org.sluice.model.MlaMoeConfig;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** What a checkpoint folder says about chatting, as metadata: tokenizer, template and recommended sampling. */
final class ChatMetadata {
    private static final String TOKENIZER = "tokenizer.json";
    private static final String GGML = "tokenizer.ggml.";

    private final Path folder;
    private final MlaMoeConfig config;
    private final JsonNode tokenizerConfig;
    private final Map<String, GgufValue> out = new LinkedHashMap<>();

    private ChatMetadata(Path folder, MlaMoeConfig config) {
        this.folder = folder;
        this.config = config;
        tokenizerConfig = json("tokenizer_config.json");
    }

    static Map<String, GgufValue> of(Path folder, MlaMoeConfig config, Consumer<String> notes) {
        ChatMetadata m = new ChatMetadata(folder, config);
        if (!Files.exists(folder.resolve(TOKENIZER))) {
            notes.accept(folder + " has no " + TOKENIZER + ": the file gets no tokenizer and can only be fed tokens");
            return m.out;
        }
        m.tokenizer();
        m.template(notes);
        m.sampling();
        return m.out;
    }

    private void tokenizer() {
        Path file = folder.resolve(TOKENIZER);
        out.putAll(GgufTokenizerMetadata.of(file.toString(), text(file), config.vocabSize()));
        List<String> tokens = out.get(GGML + "tokens") instanceof GgufValue.Array a
                ? a.elements().texts()
                : List.of();
        Map.of("bos", "bos_token", "eos", "eos_token", "padding", "pad_token", "unknown", "unk_token")
                .forEach((kind, field) -> {
                    int id = tokens.indexOf(tokenText(field));
                    if (id >= 0) {
                        out.putIfAbsent(GGML + kind + "_token_id", GgufValue.of(id));
                    }
                });
        // a model ends its turns with more than one token, but GGUF has a key for each meaning
        List<String> kinds = List.of("eos", "eot", "eom");
        for (int i = 0; i < Math.min(kinds.size(), config.eosTokenIds().size()); i++) {
            int id = config.eosTokenIds().get(i);
            if (id < tokens.size()) {
                out.putIfAbsent(GGML + kinds.get(i) + "_token_id", GgufValue.of(id));
            }
        }
        if (tokenizerConfig.path("add_bos_token").isBoolean()) {
            boolean add = tokenizerConfig.path("add_bos_token").booleanValue();
            out.putIfAbsent(GGML + "add_bos_token", GgufValue.of(add));
        }
    }

    private String tokenText(String field) {
        JsonNode value = tokenizerConfig.path(field);
        return value.isObject() ? value.path("content").asString("") : value.asString("");
    }

    private void template(Consumer<String> notes) {
        Optional<String> template = storedTemplate();
        template.ifPresent(t -> out.put("tokenizer.chat_template", GgufValue.of(t)));
        if (template.isEmpty()) {
            notes.accept(folder + " has no chat template: the file gets none");
        }
    }

    private Optional<String> storedTemplate() {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.exists(file)) {
            return Optional.of(text(file));
        }
        JsonNode stored = tokenizerConfig.path("chat_template");
        if (stored.isString()) {
            return Optional.of(stored.stringValue());
        }
        for (JsonNode named : stored) {
            if (named.path("name").asString("").equals("default")
                    && named.path("template").isString()) {
                return Optional.of(named.path("template").stringValue());
            }
        }
        return Optional.empty();
    }

    private void sampling() {
        JsonNode generation = json("generation_config.json");
        Map.of("temperature", "temp", "top_p", "top_p", "repetition_penalty", "penalty_repeat")
                .forEach((field, key) -> {
                    if (generation.path(field).isNumber()) {
                        float value = (float) generation.path(field).doubleValue();
                        out.put("general.sampling." + key, GgufValue.of(value));
                    }
                });
        if (generation.path("top_k").isInt() && generation.path("top_k").intValue() >= 0) {
            out.put(
                    "general.sampling.top_k",
                    GgufValue.of(generation.path("top_k").intValue()));
        }
    }

    /** A JSON file; an empty object where there is none. */
    private JsonNode json(String name) {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return JsonNodeFactory.instance.objectNode();
        }
        try {
            return JsonMapper.shared().readTree(text(file));
        } catch (JacksonException e) {
            throw new CheckpointException(file + ": is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read as UTF-8 text: " + e.getMessage(), e);
        }
    }
}
