package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.chat.tokenizer.StreamingDecoder;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.SluiceException;
import org.sluice.error.UnsupportedException;
import org.sluice.tests.Fixtures;

class TokenizerTest {
    private static String demo() throws Exception {
        return Files.readString(Fixtures.repository().resolve("models/demo/tokenizer.json"));
    }

    /** Ids of single bytes: every byte-level vocabulary has all 256. */
    private static int[] idsOf(Tokenizer tokenizer, int... bytes) {
        return IntStream.of(bytes)
                .map(b -> IntStream.range(0, tokenizer.size())
                        .filter(id ->
                                tokenizer.bytes(id).length == 1 && (tokenizer.bytes(id)[0] & 0xFF) == b)
                        .findFirst()
                        .orElseThrow())
                .toArray();
    }

    @ParameterizedTest
    @CsvSource({
        "80, \uFFFD",
        "41 80 42, A\uFFFDB",
        "C3, \uFFFD",
        "C3 41, \uFFFDA",
        "C3 A9, é",
        "E2 82, \uFFFD",
        "E2 82 41, \uFFFDA",
        "E2 82 C3 A9, \uFFFDé",
        "E0 80, \uFFFD\uFFFD",
        "ED A0 80, \uFFFD\uFFFD\uFFFD",
        "C0 AF, \uFFFD\uFFFD",
        "F0 9F 91, \uFFFD",
        "F0 9F 91 8D, \uD83D\uDC4D",
        "F0 80 80 80, \uFFFD\uFFFD\uFFFD\uFFFD",
        "F4 90 80 80, \uFFFD\uFFFD\uFFFD\uFFFD",
        "F5, \uFFFD",
        "FF FE, \uFFFD\uFFFD",
        "F0 9F F0 9F 91 8D, \uFFFD\uD83D\uDC4D"
    })
    void bytesThatAreNoUtf8BecomeReplacementCharacters(String hex, String text) throws Exception {
        int[] bytes = Arrays.stream(hex.split(" "))
                .mapToInt(b -> Integer.parseInt(b, 16))
                .toArray();
        try (Tokenizer tokenizer = Tokenizer.fromJson(demo(), "demo")) {
            int[] ids = idsOf(tokenizer, bytes);
            assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
            StreamingDecoder decoder = tokenizer.newStreamingDecoder(false);
            StringBuilder streamed = new StringBuilder();
            for (int id : ids) {
                streamed.append(decoder.push(id));
            }
            assertThat(streamed.append(decoder.finish()).toString()).isEqualTo(text);
        }
    }

    @Test
    void randomTextComesBack() throws Exception {
        Random random = new Random(7);
        try (Tokenizer tokenizer = Tokenizer.fromJson(demo(), "demo")) {
            for (int n = 0; n < 300; n++) {
                StringBuilder text = new StringBuilder();
                for (int i = random.nextInt(60); i > 0; i--) {
                    int c = random.nextInt(random.nextBoolean() ? 0x80 : 0x20000);
                    text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? ' ' : c);
                }
                int[] ids = tokenizer.encode(text.toString());
                assertThat(tokenizer.decode(ids, false)).isEqualTo(text.toString());
                assertThat(IntStream.of(ids)).allMatch(id -> id >= 0 && id < tokenizer.size());
            }
        }
    }

    @Test
    void knowsItsTokens() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.fromJson(demo(), "demo")) {
            int user = tokenizer.id("<|user|>").orElseThrow();
            assertThat(tokenizer.token(user)).isEqualTo("<|user|>");
            assertThat(tokenizer.isSpecial(user)).isTrue();
            assertThat(tokenizer.isSpecial(tokenizer.id("<think>").orElseThrow()))
                    .isFalse();
            assertThat(tokenizer.encode("a<|user|>")).endsWith(user);
            assertThat(tokenizer.bytes(user)).isEqualTo("<|user|>".getBytes(StandardCharsets.UTF_8));
            assertThat(tokenizer.id("<|nobody|>")).isEmpty();
            assertThat(tokenizer.token(1 << 30)).isEmpty();
            assertThat(tokenizer.bytes(-1)).isEmpty();
            assertThat(tokenizer.decode(new int[] {-5, 99_999_999}, false)).isEmpty();
        }
    }

    @Test
    void halfASurrogatePairIsRefused() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.fromJson(demo(), "demo")) {
            for (String text : new String[] {"\uD83D", "a\uDC4D", "\uD83Dx", "\uDC4D\uD83D"}) {
                assertThatThrownBy(() -> tokenizer.encode(text)).isInstanceOf(InvalidRequestException.class);
            }
        }
    }

    @Test
    void closesOnceAndForAll() throws Exception {
        Tokenizer tokenizer = Tokenizer.fromJson(demo(), "demo");
        tokenizer.close();
        tokenizer.close();
        assertThatThrownBy(() -> tokenizer.encode("x")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void encodesOnSeveralThreads() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.fromJson(demo(), "demo")) {
            int[] expected = tokenizer.encode("The capital of France is Paris. ".repeat(20));
            assertThat(IntStream.range(0, 64)
                            .parallel()
                            .mapToObj(i -> tokenizer.encode("The capital of France is Paris. ".repeat(20))))
                    .allSatisfy(ids -> assertThat(ids).isEqualTo(expected));
        }
    }

    @Test
    void brokenFilesAreNamed(@TempDir Path folder) throws Exception {
        String json = demo();
        Path file = folder.resolve("tokenizer.json");
        String[] broken = {
            "",
            "{",
            "{}",
            "null",
            "[]",
            "\"x\"",
            "{\"model\": 3}",
            json.substring(0, json.length() / 2),
            json.replace("\"BPE\"", "\"XXX\""),
            json.replace("(?i:'s", "(((?i:'s"),
            json.replace("\"added_tokens\": [", "\"added_tokens\": [{\"id\": 1516, \"content\": \"z\"},"),
            json.replace("{\"id\": 1516,", "{\"id\": 99999999999,"),
            json.replace("{\"id\": 1516,", "{\"id\": -1,"),
            json.replace("{\"id\": 1516,", "{\"id\": \"x\","),
            "[".repeat(100_000)
        };
        for (String text : broken) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> Tokenizer.open(file))
                    .isInstanceOf(SluiceException.class)
                    .hasMessageContaining("tokenizer.json")
                    .hasMessageMatching("[^\n]*");
        }
        Files.write(file, new byte[] {'{', (byte) 0xFF, '}'});
        assertThatThrownBy(() -> Tokenizer.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> Tokenizer.open(folder.resolve("missing.json")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("missing.json");
    }

    @Test
    void otherDecodersAreNotGuessedAt() throws Exception {
        String json = demo().replaceAll("\"decoder\": \\{[^}]*\\}", "\"decoder\": {\"type\": \"Metaspace\"}");
        assertThatThrownBy(() -> Tokenizer.fromJson(json, "x/tokenizer.json"))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("Metaspace");
    }

    @Test
    void mutatedFilesNeverFailInAnotherWay() throws Exception {
        String json = demo();
        Random random = new Random(11);
        for (int n = 0; n < 150; n++) {
            StringBuilder mutated = new StringBuilder(json);
            for (int k = 1 + random.nextInt(3); k > 0; k--) {
                int at = random.nextInt(random.nextBoolean() ? 4000 : mutated.length() - 60);
                switch (random.nextInt(3)) {
                    case 0 -> mutated.setCharAt(at, (char) (32 + random.nextInt(95)));
                    case 1 -> mutated.delete(at, at + 1 + random.nextInt(50));
                    default -> mutated.insert(at, "{}[],:\"0-\\".charAt(random.nextInt(10)));
                }
            }
            try (Tokenizer tokenizer = Tokenizer.fromJson(mutated.toString(), "m/tokenizer.json")) {
                tokenizer.decode(tokenizer.encode("Hello 12 <think> é"), true);
            } catch (SluiceException expected) {
                assertThat(expected).hasMessageContaining("m/tokenizer.json");
            }
        }
    }
}
