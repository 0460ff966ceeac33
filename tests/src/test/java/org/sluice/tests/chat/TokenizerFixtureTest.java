package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sluice.chat.tokenizer.StreamingDecoder;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.tests.Fixtures;

/** Every recorded string: ids, text and plain text as the reference tokenizer has them. */
@Tag("fixtures")
class TokenizerFixtureTest {
    private static Tokenizer tokenizer;
    private static List<Map<String, Object>> cases;

    @BeforeAll
    static void open() {
        tokenizer = Tokenizer.open(Fixtures.demoModel().resolve("tokenizer.json"));
        cases = JsonFiles.objects(JsonFiles.object(JsonFiles.read(Fixtures.path("tokenizer/cases.json")))
                .get("cases"));
        assertThat(cases).isNotEmpty();
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @Test
    void encodesLikeTheReference() {
        for (Map<String, Object> c : cases) {
            assertThat(tokenizer.encode(JsonFiles.text(c, "text")))
                    .as("ids of '%s'", c.get("text"))
                    .isEqualTo(JsonFiles.ids(c.get("ids")));
        }
    }

    @Test
    void decodesLikeTheReference() {
        for (Map<String, Object> c : cases) {
            int[] ids = JsonFiles.ids(c.get("ids"));
            assertThat(tokenizer.decode(ids, false)).isEqualTo(c.get("decoded"));
            assertThat(tokenizer.decode(ids, true)).isEqualTo(c.get("plain"));
        }
    }

    @Test
    void streamsWholeCharactersThatJoinToTheText() {
        for (Map<String, Object> c : cases) {
            StreamingDecoder all = tokenizer.newStreamingDecoder(false);
            StreamingDecoder plain = tokenizer.newStreamingDecoder(true);
            StringBuilder text = new StringBuilder();
            StringBuilder plainText = new StringBuilder();
            for (int id : JsonFiles.ids(c.get("ids"))) {
                String piece = all.push(id);
                assertThat(JsonFiles.text(c, "text")).contains(piece);
                assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                        .isTrue();
                text.append(piece);
                plainText.append(plain.push(id));
            }
            assertThat(text.append(all.finish()).toString()).isEqualTo(c.get("decoded"));
            assertThat(plainText.append(plain.finish()).toString()).isEqualTo(c.get("plain"));
        }
    }
}
