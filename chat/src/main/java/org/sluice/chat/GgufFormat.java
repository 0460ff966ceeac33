package org.sluice.chat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.checkpoint.GgufCheckpoint;
import org.sluice.checkpoint.GgufMetadata;
import org.sluice.checkpoint.GgufTokenizer;
import org.sluice.error.CheckpointException;
import org.sluice.error.UnsupportedException;

/** Reads what a GGUF file says about chatting; a tokenizer.json or chat_template.jinja beside it fills gaps. */
final class GgufFormat {
    private static final String SAMPLING = "general.sampling.";

    private final Path path;
    private final GgufMetadata metadata;

    private GgufFormat(Path path, GgufMetadata metadata) {
        this.path = path;
        this.metadata = metadata;
    }

    static ChatFormat open(Path path) {
        try (GgufCheckpoint files = GgufCheckpoint.open(path)) {
            return new GgufFormat(path, files.metadata()).read();
        }
    }

    private ChatFormat read() {
        Path ownTokenizer = beside("tokenizer.json");
        GgufTokenizer stored;
        try {
            stored = GgufTokenizer.of(metadata);
        } catch (UnsupportedException e) {
            if (!Files.exists(ownTokenizer)) {
                throw e;
            }
            Tokenizer tokenizer = Tokenizer.open(ownTokenizer);
            return format(
                    tokenizer, metadata.findText("tokenizer.chat_template").orElse(""), named("eos"));
        }
        Tokenizer tokenizer = Tokenizer.fromJson(stored.tokenizerJson(), path + ", its tokenizer");
        return format(tokenizer, stored.chatTemplate().orElse(""), stored.stopIds());
    }

    private ChatFormat format(Tokenizer tokenizer, String template, Set<Integer> stopIds) {
        try {
            return new ChatFormat(tokenizer, template(template), constants(tokenizer), defaults(stopIds));
        } catch (RuntimeException | Error e) {
            tokenizer.close();
            throw e;
        }
    }

    private ChatTemplate template(String stored) {
        Path own = beside("chat_template.jinja");
        if (!stored.isEmpty()) {
            return ChatTemplate.parse(stored, path + ", tokenizer.chat_template");
        }
        if (Files.exists(own)) {
            return ChatTemplate.open(own);
        }
        throw new CheckpointException(path + ": has no metadata key tokenizer.chat_template; put the template of the"
                + " checkpoint beside it as chat_template.jinja");
    }

    private Map<String, String> constants(Tokenizer tokenizer) {
        Map<String, String> tokens = new LinkedHashMap<>();
        Map.of("bos", "bos_token", "eos", "eos_token", "padding", "pad_token", "unknown", "unk_token")
                .forEach((key, name) -> named(key).forEach(id -> tokens.put(name, tokenizer.token(id))));
        return tokens;
    }

    /** The id of a named token, if there is one. */
    private Set<Integer> named(String kind) {
        OptionalLong id = metadata.findInteger("tokenizer.ggml." + kind + "_token_id");
        return id.isPresent() ? Set.of(Math.toIntExact(id.getAsLong())) : Set.of();
    }

    private GenerationDefaults defaults(Set<Integer> stopIds) {
        OptionalLong topK = metadata.findInteger(SAMPLING + "top_k");
        return new GenerationDefaults(
                number("temp", 100),
                number("top_p", 1),
                // llama.cpp takes 0 and everything below for "all"
                topK.isPresent()
                        ? OptionalInt.of(Math.clamp(topK.getAsLong(), 0, Integer.MAX_VALUE))
                        : OptionalInt.empty(),
                number("penalty_repeat", 100),
                stopIds);
    }

    private OptionalDouble number(String key, double high) {
        OptionalDouble value = metadata.findReal(SAMPLING + key);
        if (value.isPresent() && !(value.getAsDouble() >= 0 && value.getAsDouble() <= high)) {
            throw new CheckpointException(metadata.file() + ": metadata key '" + SAMPLING + key + "' is "
                    + value.getAsDouble() + " instead of a number from 0 to " + high);
        }
        return value;
    }

    private Path beside(String name) {
        return Files.isDirectory(path)
                ? path.resolve(name)
                : path.toAbsolutePath().resolveSibling(name);
    }
}
