package org.sluice.tests.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sluice.chat.ChatFormat;
import org.sluice.chat.MessageReader;
import org.sluice.chat.PromptOptions;
import org.sluice.chat.Tool;
import org.sluice.chat.tokenizer.StreamingDecoder;
import org.sluice.tests.Fixtures;
import org.sluice.tests.chat.JsonFiles;

/** Tokenizer, template and defaults through a GGUF file are those of the folder it was made from. */
@Tag("fixtures")
class GgufChatFixtureTest {
    private static ChatFormat format;

    @BeforeAll
    static void open() {
        format = ChatFormat.open(GgufModels.demo("Q8_0"));
    }

    @AfterAll
    static void close() {
        format.close();
    }

    private static List<Map<String, Object>> cases(String file) {
        return JsonFiles.objects(
                JsonFiles.object(JsonFiles.read(Fixtures.path(file))).get("cases"));
    }

    @Test
    void tokenizerCases() {
        List<Map<String, Object>> cases = cases("tokenizer/cases.json");
        assertThat(cases).isNotEmpty();
        for (Map<String, Object> c : cases) {
            int[] ids = JsonFiles.ids(c.get("ids"));
            assertThat(format.tokenizer().encode(JsonFiles.text(c, "text")))
                    .as("ids of '%s'", c.get("text"))
                    .isEqualTo(ids);
            assertThat(format.tokenizer().decode(ids, false)).isEqualTo(c.get("decoded"));
            assertThat(format.tokenizer().decode(ids, true)).isEqualTo(c.get("plain"));
            StreamingDecoder stream = format.tokenizer().newStreamingDecoder(false);
            StringBuilder text = new StringBuilder();
            for (int id : ids) {
                text.append(stream.push(id));
            }
            assertThat(text.append(stream.finish()).toString()).isEqualTo(c.get("decoded"));
        }
    }

    @Test
    void promptsOfTheDemonstrationModel() {
        List<Map<String, Object>> cases = cases("demo-model/answers.json");
        assertThat(cases).isNotEmpty();
        for (Map<String, Object> c : cases) {
            Map<String, Object> variables = new LinkedHashMap<>(JsonFiles.object(c.get("options")));
            List<Tool> tools =
                    variables.get("tools") == null ? List.of() : MessageReader.tools(variables.remove("tools"));
            PromptOptions options = new PromptOptions(null, null, true, variables);
            var messages = MessageReader.messages(c.get("messages"));
            assertThat(format.prompt(messages, tools, options)).isEqualTo(c.get("prompt"));
            assertThat(format.encode(messages, tools, options)).isEqualTo(JsonFiles.ids(c.get("prompt_tokens")));
        }
    }

    @Test
    void stopTokensAndSampling() {
        try (ChatFormat folder = ChatFormat.open(Fixtures.demoModel())) {
            assertThat(format.stopIds()).isEqualTo(folder.stopIds());
            assertThat(format.defaults().temperature())
                    .isEqualTo(folder.defaults().temperature());
            assertThat((float) format.defaults().topP().orElseThrow())
                    .isEqualTo((float) folder.defaults().topP().orElseThrow());
            assertThat(format.defaults().topK()).isEqualTo(folder.defaults().topK());
            assertThat(format.tokenizer().size()).isEqualTo(folder.tokenizer().size());
        }
    }
}
