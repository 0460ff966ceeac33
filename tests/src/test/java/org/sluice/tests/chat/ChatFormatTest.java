package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.chat.ChatFormat;
import org.sluice.chat.ChatTemplate;
import org.sluice.chat.Content;
import org.sluice.chat.GenerationDefaults;
import org.sluice.chat.Message;
import org.sluice.chat.OutputParser;
import org.sluice.chat.ParsedOutput;
import org.sluice.chat.PromptOptions;
import org.sluice.chat.ReasoningEffort;
import org.sluice.chat.Role;
import org.sluice.chat.ToolCall;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.error.CheckpointException;
import org.sluice.tests.Fixtures;

class ChatFormatTest {
    private static final Path DEMO = Fixtures.repository().resolve("models/demo");

    @TempDir
    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        for (String file : List.of(
                "tokenizer.json",
                "tokenizer_config.json",
                "chat_template.jinja",
                "generation_config.json",
                "config.json")) {
            Files.copy(DEMO.resolve(file), folder.resolve(file));
        }
    }

    @Test
    void opensWhatAFolderCarries() {
        try (ChatFormat format = ChatFormat.open(folder)) {
            assertThat(format.stopIds()).containsExactlyInAnyOrder(1516, 1523, 1525);
            assertThat(format.defaults().temperature()).hasValue(1.0);
            assertThat(format.defaults().topP()).hasValue(0.95);
            assertThat(format.defaults().topK()).isEmpty();
            assertThat(format.tokenizer().decode(format.endOfThought(), false)).isEqualTo("</think>");
        }
    }

    @Test
    void effortsGiveTheirPrompts() {
        List<Message> messages = List.of(Message.user("Hi"));
        try (ChatFormat format = ChatFormat.open(folder)) {
            PromptOptions options = PromptOptions.defaults();
            String max = "[gMASK]<sop><|system|>Reasoning Effort: Max<|user|>Hi<|assistant|><think>";
            assertThat(format.prompt(messages, List.of(), options)).isEqualTo(max);
            assertThat(format.prompt(messages, List.of(), options.withEffort(ReasoningEffort.MAX)))
                    .isEqualTo(max);
            assertThat(format.prompt(messages, List.of(), options.withEffort(ReasoningEffort.HIGH)))
                    .isEqualTo(max.replace("Max", "High"));
            String off = format.prompt(messages, List.of(), options.withEffort(ReasoningEffort.OFF));
            assertThat(off).isEqualTo("[gMASK]<sop><|user|>Hi<|assistant|><think></think>");
            assertThat(format.startsInReasoning(max)).isTrue();
            assertThat(format.startsInReasoning(off)).isFalse();
            assertThat(format.start("<|assistant|>")).isEqualTo(OutputParser.Start.EITHER);
        }
    }

    @Test
    void earlierReasoningIsKeptOnRequest() {
        List<Message> messages =
                List.of(Message.user("a"), Message.assistant(new ParsedOutput("r", "b", List.of())), Message.user("c"));
        try (ChatFormat format = ChatFormat.open(folder)) {
            PromptOptions options = PromptOptions.defaults().withEffort(ReasoningEffort.HIGH);
            assertThat(format.prompt(messages, List.of(), options)).contains("<think></think>b");
            assertThat(format.prompt(messages, List.of(), options.withClearThinking(false)))
                    .contains("<think>r</think>b");
        }
    }

    @Test
    void finishReasonsFollowTheTokensText() {
        try (ChatFormat format = ChatFormat.open(folder)) {
            ParsedOutput answer = new ParsedOutput(null, "x", List.of());
            ParsedOutput call = new ParsedOutput(null, "", List.of(new ToolCall("f", Map.of())));
            assertThat(format.finishReason(1523, answer)).isEqualTo("stop");
            assertThat(format.finishReason(1516, answer)).isEqualTo("stop");
            assertThat(format.finishReason(1525, answer)).isEqualTo("tool_calls");
            assertThat(format.finishReason(1523, call)).isEqualTo("tool_calls");
        }
    }

    @Test
    void templatesThatJoinArgumentsAsTextGetThemAsText() {
        ChatTemplate template = ChatTemplate.parse(
                "{{ bos_token }}{% for m in messages %}{% for c in m.tool_calls %}{{ c.function.name + '(' + c.function.arguments + ')' }}{% endfor %}{% endfor %}",
                "t.jinja");
        Message assistant = new Message(
                Role.ASSISTANT,
                new Content.Text(""),
                null,
                List.of(new ToolCall("f", Map.of("x", List.of(1, "é")))),
                null,
                null,
                Map.of());
        try (ChatFormat format = new ChatFormat(
                Tokenizer.open(DEMO.resolve("tokenizer.json")),
                template,
                Map.of("bos_token", "<s>"),
                GenerationDefaults.of(Set.of(3)))) {
            assertThat(format.prompt(List.of(assistant), List.of(), PromptOptions.defaults()))
                    .isEqualTo("<s>f({\"x\": [1, \"é\"]})");
            assertThat(format.stopIds()).containsExactly(3);
        }
    }

    @Test
    void theTemplateMayStandInTheTokenizersConfiguration() throws IOException {
        Files.delete(folder.resolve("chat_template.jinja"));
        assertThatThrownBy(() -> ChatFormat.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("chat_template.jinja");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"A{{ messages|length }}\"}");
        try (ChatFormat format = ChatFormat.open(folder)) {
            assertThat(format.prompt(List.of(), List.of(), PromptOptions.defaults()))
                    .isEqualTo("A0");
        }
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"chat_template\": [{\"name\": \"x\", \"template\": \"X\"}, {\"name\": \"default\", \"template\": \"D\"}]}");
        try (ChatFormat format = ChatFormat.open(folder)) {
            assertThat(format.prompt(List.of(), List.of(), PromptOptions.defaults()))
                    .isEqualTo("D");
        }
    }

    @Test
    void brokenFilesAreNamed() throws IOException {
        refuses("generation_config.json", "{\"temperature\": \"warm\"}", "temperature");
        refuses("generation_config.json", "{\"top_p\": 1.5}", "top_p");
        refuses("generation_config.json", "{\"eos_token_id\": [1, \"x\"]}", "eos_token_id");
        refuses("generation_config.json", "[]", "no JSON object");
        refuses("tokenizer_config.json", "{", "not valid JSON");
        refuses("chat_template.jinja", "{% if %}", "line 1");
        refuses("tokenizer.json", "{}", "tokenizer.json");
    }

    private void refuses(String file, String content, String message) throws IOException {
        Path path = folder.resolve(file);
        byte[] good = Files.readAllBytes(path);
        Files.writeString(path, content);
        assertThatThrownBy(() -> ChatFormat.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(file)
                .hasMessageContaining(message);
        Files.write(path, good);
    }
}
