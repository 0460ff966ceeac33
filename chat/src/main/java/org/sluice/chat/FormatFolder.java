package org.sluice.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.error.CheckpointException;
import tools.jackson.core.JacksonException;

/** Reads the files of a checkpoint folder that concern chatting. */
final class FormatFolder {
    private static final String EOS = "eos_token_id";

    private final Path folder;
    private final Map<String, Object> tokenizerConfig;
    private final Map<String, Object> generationConfig;
    private final Map<String, Object> config;

    private FormatFolder(Path folder) {
        this.folder = folder;
        this.tokenizerConfig = object("tokenizer_config.json");
        this.generationConfig = object("generation_config.json");
        this.config = object("config.json");
    }

    static ChatFormat open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new CheckpointException(folder + ": " + (Files.exists(folder) ? "is no folder" : "does not exist")
                    + "; a checkpoint is a folder with config.json and safetensors files");
        }
        FormatFolder f = new FormatFolder(folder);
        ChatTemplate template = f.template();
        Map<String, String> constants = f.specialTokens();
        Tokenizer tokenizer = Tokenizer.open(folder.resolve("tokenizer.json"));
        try {
            return new ChatFormat(tokenizer, template, constants, f.defaults(tokenizer, constants.get("eos_token")));
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private ChatTemplate template() {
        Path file = folder.resolve("chat_template.jinja");
        if (Files.exists(file)) {
            return ChatTemplate.open(file);
        }
        String source = folder.resolve("tokenizer_config.json") + ", chat_template";
        return switch (tokenizerConfig.get("chat_template")) {
            case String text -> ChatTemplate.parse(text, source);
            // Several by name; the one for ordinary use is called default.
            case List<?> several ->
                several.stream()
                        .map(Json::objectOrEmpty)
                        .filter(t -> "default".equals(t.get("name")))
                        .flatMap(t -> t.get("template") instanceof String text ? Stream.of(text) : Stream.empty())
                        .findFirst()
                        .map(text -> ChatTemplate.parse(text, source))
                        .orElseThrow(this::noTemplate);
            case null, default -> throw noTemplate();
        };
    }

    private CheckpointException noTemplate() {
        return new CheckpointException(
                folder + ": holds no chat_template.jinja and tokenizer_config.json no chat_template;"
                        + " fetch the template of the checkpoint");
    }

    private Map<String, String> specialTokens() {
        Map<String, String> tokens = new LinkedHashMap<>();
        for (String name : List.of("bos_token", "eos_token", "pad_token", "unk_token")) {
            Object value = tokenizerConfig.get(name);
            Object text = value instanceof Map<?, ?> added ? added.get("content") : value;
            if (text instanceof String s) {
                tokens.put(name, s);
            }
        }
        return tokens;
    }

    private GenerationDefaults defaults(Tokenizer tokenizer, @Nullable String eosToken) {
        Set<Integer> stops = new LinkedHashSet<>(stopIds(generationConfig, "generation_config.json"));
        if (stops.isEmpty()) {
            stops.addAll(stopIds(config, "config.json"));
        }
        if (stops.isEmpty() && eosToken != null) {
            tokenizer.id(eosToken).ifPresent(stops::add);
        }
        return new GenerationDefaults(
                number("temperature", 0, 100),
                number("top_p", 0, 1),
                whole("top_k"),
                number("repetition_penalty", 0, 100),
                stops);
    }

    private Set<Integer> stopIds(Map<String, Object> from, String file) {
        Object value = from.get(EOS);
        Set<Integer> ids = new LinkedHashSet<>();
        for (Object id : value instanceof List<?> list ? list : value == null ? List.of() : List.of(value)) {
            if (!(id instanceof Integer n) || n < 0) {
                throw new CheckpointException(
                        folder.resolve(file) + ": " + EOS + " is " + value + ", not a token id or a list of them");
            }
            ids.add(n);
        }
        return ids;
    }

    private OptionalDouble number(String field, double low, double high) {
        Object value = generationConfig.get(field);
        if (value == null) {
            return OptionalDouble.empty();
        }
        if (!(value instanceof Number n) || !(n.doubleValue() >= low && n.doubleValue() <= high)) {
            throw new CheckpointException(folder.resolve("generation_config.json") + ": " + field + " is " + value
                    + ", not a number from " + low + " to " + high);
        }
        return OptionalDouble.of(n.doubleValue());
    }

    private OptionalInt whole(String field) {
        Object value = generationConfig.get(field);
        if (value == null) {
            return OptionalInt.empty();
        }
        if (!(value instanceof Integer n) || n < 0) {
            throw new CheckpointException(
                    folder.resolve("generation_config.json") + ": " + field + " is " + value + ", not a count");
        }
        return OptionalInt.of(n);
    }

    /** A JSON object; empty where there is no such file. */
    private Map<String, Object> object(String file) {
        Path path = folder.resolve(file);
        if (!Files.exists(path)) {
            return Map.of();
        }
        try {
            if (Json.parse(Files.readString(path)) instanceof Map<?, ?> map) {
                return Json.object(map);
            }
            throw new CheckpointException(path + ": is no JSON object; fetch the file again");
        } catch (JacksonException e) {
            throw new CheckpointException(path + ": is not valid JSON; fetch the file again", e);
        } catch (IOException e) {
            throw new CheckpointException(
                    path + ": cannot be read as UTF-8 text (" + e.getClass().getSimpleName()
                            + "); fetch the file again",
                    e);
        }
    }
}
