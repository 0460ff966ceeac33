package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.sluice.chat.ChatFormat;
import org.sluice.chat.MessageReader;
import org.sluice.chat.OutputParser;
import org.sluice.chat.ParsedOutput;
import org.sluice.chat.PromptOptions;
import org.sluice.chat.Tool;
import org.sluice.tests.Fixtures;

/** The demonstration model's recorded conversations: messages to prompt to tokens, and answer tokens to text. */
@Tag("fixtures")
class DemoPromptFixtureTest {
    @TestFactory
    Stream<DynamicTest> promptsAndAnswers() {
        ChatFormat format = ChatFormat.open(Fixtures.demoModel());
        List<Map<String, Object>> cases =
                JsonFiles.objects(JsonFiles.object(JsonFiles.read(Fixtures.path("demo-model/answers.json")))
                        .get("cases"));
        return cases.stream()
                .map(c -> DynamicTest.dynamicTest(JsonFiles.text(c, "prompt"), () -> check(format, c)))
                .onClose(format::close);
    }

    private static void check(ChatFormat format, Map<String, Object> c) {
        Map<String, Object> variables = new LinkedHashMap<>(JsonFiles.object(c.get("options")));
        List<Tool> tools = variables.get("tools") == null ? List.of() : MessageReader.tools(variables.remove("tools"));
        PromptOptions options = new PromptOptions(null, null, true, variables);
        var messages = MessageReader.messages(c.get("messages"));

        String prompt = format.prompt(messages, tools, options);
        assertThat(prompt).isEqualTo(c.get("prompt"));
        assertThat(format.encode(messages, tools, options)).isEqualTo(JsonFiles.ids(c.get("prompt_tokens")));

        int[] answer = JsonFiles.ids(c.get("answer_tokens"));
        int stop = answer[answer.length - 1];
        assertThat(format.stopIds()).contains(stop);
        String text = format.tokenizer().decode(Arrays.copyOf(answer, answer.length - 1), false);
        assertThat(text).isEqualTo(c.get("answer"));
        OutputParser parser = format.newParser(prompt, tools);
        parser.push(text);
        parser.finish();
        ParsedOutput output = parser.output();
        assertThat(output.reasoning() != null).isEqualTo(format.startsInReasoning(prompt));
        assertThat(format.finishReason(stop, output))
                .isEqualTo(output.toolCalls().isEmpty() ? "stop" : "tool_calls");
    }
}
