package org.sluice.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.error.CheckpointException;
import org.sluice.error.SluiceException;
import org.sluice.error.UnsupportedException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GgufTokenizerTest {
    private static final Path DEMO = Path.of("../models/demo/tokenizer.json");

    @TempDir
    Path folder;

    @Test
    void theDemonstrationTokenizerSurvivesAFile() throws IOException {
        String json = Files.readString(DEMO);
        Path file = folder.resolve("m.gguf");
        GgufWriter.Builder b = GgufWriter.to(file);
        GgufTokenizerMetadata.of(DEMO.toString(), json, 1600).forEach(b::metadata);
        b.metadata(GgufTokenizer.TEMPLATE, GgufValue.of("{{ messages }}"));
        try (GgufWriter out = b.open()) {
            out.finish();
        }
        GgufTokenizer t;
        try (GgufCheckpoint c = GgufCheckpoint.open(file)) {
            assertThat(c.metadata().requireArray(GgufTokenizer.TOKENS).size()).isEqualTo(1600);
            assertThat(c.metadata().requireText(GgufTokenizer.PRE)).isEqualTo("glm4");
            t = GgufTokenizer.of(c.metadata());
        }
        JsonNode before = JsonMapper.shared().readTree(json);
        JsonNode after = JsonMapper.shared().readTree(t.tokenizerJson());
        assertThat(after.at("/model/vocab")).isEqualTo(before.at("/model/vocab"));
        assertThat(after.at("/model/merges")).isEqualTo(before.at("/model/merges"));
        assertThat(after.path("added_tokens")).isEqualTo(before.path("added_tokens"));
        for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            assertThat(after.path(part)).as(part).isEqualTo(before.path(part));
        }
        assertThat(t.stopIds()).containsExactly(1516, 1523, 1525);
        assertThat(t.eosId()).hasValue(1516);
        assertThat(t.bosId()).hasValue(1518);
        assertThat(t.paddingId()).hasValue(1516);
        assertThat(t.chatTemplate()).contains("{{ messages }}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"glm4", "chatglm-bpe", "llama-bpe", "qwen2", "deepseek-v3", "gpt-2"})
    void eachPreTokenizerFindsItsWayBack(String pre) {
        GgufTokenizer t = tokenizer(m -> m.put(GgufTokenizer.PRE, GgufValue.of(pre)));
        GgufMetadata back = new GgufMetadata("back", GgufTokenizerMetadata.of("json", t.tokenizerJson(), 5));
        assertThat(GgufTokenizer.of(back).tokenizerJson()).isEqualTo(t.tokenizerJson());
    }

    @Test
    void addedTokensOutOfOrderKeepTheirIdsThroughTheVocabulary() {
        GgufTokenizer t = tokenizer(m -> m.put(GgufTokenizer.TYPES, GgufValue.of(GgufArray.ofInts(3, 1, 1, 1, 4))));
        JsonNode json = JsonMapper.shared().readTree(t.tokenizerJson());
        assertThat(json.at("/model/vocab").toString()).isEqualTo("{\"<e>\":0,\"a\":1,\"b\":2,\"ab\":3,\"<t>\":4}");
        assertThat(json.at("/added_tokens/0/special").asBoolean()).isTrue();
        assertThat(json.at("/added_tokens/1/id").asInt()).isEqualTo(4);
        assertThat(json.at("/added_tokens/1/special").asBoolean()).isFalse();
    }

    @Test
    void unusedTokensAreNoTokens() {
        GgufTokenizer t = tokenizer(m -> m.put(GgufTokenizer.TYPES, GgufValue.of(GgufArray.ofInts(5, 1, 1, 1, 5))));
        assertThat(JsonMapper.shared()
                        .readTree(t.tokenizerJson())
                        .at("/model/vocab")
                        .propertyNames())
                .containsExactly("a", "b", "ab");
    }

    @Test
    void badTokenizersAreNamed() {
        fails(CheckpointException.class, m -> m.remove(GgufTokenizer.TOKENS), "tokens", "missing");
        fails(CheckpointException.class, m -> m.put(GgufTokenizer.TOKENS, GgufValue.of("x")), "tokens", "STRING");
        fails(UnsupportedException.class, m -> m.put(GgufTokenizer.MODEL, GgufValue.of("llama")), "'llama'");
        fails(UnsupportedException.class, m -> m.put(GgufTokenizer.PRE, GgufValue.of("tekken")), "'tekken'");
        fails(CheckpointException.class, m -> put(m, GgufTokenizer.MERGES, "a c"), "merge 0", "'a c'");
        fails(CheckpointException.class, m -> put(m, GgufTokenizer.MERGES, "b a"), "merge 0", "'b a'");
        fails(CheckpointException.class, m -> put(m, GgufTokenizer.MERGES, "ab"), "merge 0", "'ab'");
        fails(CheckpointException.class, m -> put(m, GgufTokenizer.TOKENS, "a", "a", "b", "ab", "c"), "tokens 0 and 1");
        fails(
                CheckpointException.class,
                m -> m.put(GgufTokenizer.TYPES, GgufValue.of(GgufArray.ofInts(1, 1))),
                "2 elements for 5 tokens");
        fails(
                CheckpointException.class,
                m -> m.put(GgufTokenizer.TYPES, GgufValue.of(GgufArray.ofInts(1, 1, 1, 1, 9))),
                "token 4",
                "type 9");
        fails(CheckpointException.class, m -> m.put(GgufTokenizer.EOS, GgufValue.of(5)), "eos_token_id", "5 tokens");
    }

    @Test
    void whatGgufCannotExpressIsRefused() throws IOException {
        String json = Files.readString(DEMO);
        refused(json.replace("\"BPE\"", "\"Unigram\""), "BPE");
        refused(json.replaceFirst("\"lstrip\": *false", "\"lstrip\": true"), "lstrip");
        refused(json.replace("{1,3}", "{1,4}"), "pre-tokenizer");
        refused(json.replaceFirst("\"normalizer\": *null", "\"normalizer\": {\"type\": \"NFKC\"}"), "NFKC");
        refused(json.substring(0, 1000), "no JSON");
        assertThatThrownBy(() -> GgufTokenizerMetadata.of("t", json, 1530))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContainingAll("t: token", "1530");
    }

    private static void refused(String json, String part) {
        assertThatThrownBy(() -> GgufTokenizerMetadata.of("t", json, 1600))
                .isInstanceOf(SluiceException.class)
                .hasMessageContaining(part);
    }

    private static void put(Map<String, GgufValue> m, String key, String... texts) {
        m.put(key, GgufValue.of(GgufArray.ofTexts(List.of(texts))));
    }

    private static GgufTokenizer tokenizer(Consumer<Map<String, GgufValue>> change) {
        Map<String, GgufValue> m = new LinkedHashMap<>();
        m.put(GgufTokenizer.MODEL, GgufValue.of("gpt2"));
        m.put(GgufTokenizer.PRE, GgufValue.of("glm4"));
        put(m, GgufTokenizer.TOKENS, "<e>", "a", "b", "ab", "<t>");
        m.put(GgufTokenizer.TYPES, GgufValue.of(GgufArray.ofInts(3, 1, 1, 1, 4)));
        put(m, GgufTokenizer.MERGES, "a b");
        change.accept(m);
        return GgufTokenizer.of(new GgufMetadata("file.gguf", m));
    }

    private static void fails(
            Class<? extends SluiceException> type, Consumer<Map<String, GgufValue>> change, String... parts) {
        assertThatThrownBy(() -> tokenizer(change))
                .isInstanceOf(type)
                .hasMessageStartingWith("file.gguf")
                .hasMessageContainingAll(parts);
    }
}
