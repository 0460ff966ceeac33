package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.chat.Content;
import org.sluice.chat.Message;
import org.sluice.chat.MessageReader;
import org.sluice.chat.ReasoningEffort;
import org.sluice.chat.Role;
import org.sluice.chat.Tool;
import org.sluice.chat.ToolCall;
import org.sluice.error.InvalidRequestException;

class MessageReaderTest {
    @Test
    void readsTheShapeOfTheOpenAiApi() {
        List<Message> messages = MessageReader.messages("""
                [{"role": "developer", "content": "S"},
                 {"role": "user", "content": [{"type": "text", "text": "a"}, "b", {"type": "image_url"}]},
                 {"role": "assistant", "content": null, "reasoning": "r", "prefix": true, "refusal": null,
                  "tool_calls": [{"id": "c1", "type": "function",
                                  "function": {"name": "f", "arguments": "{\\"z\\": 1, \\"a\\": null}"}},
                                 {"name": "g", "arguments": {"k": [1.5]}},
                                 {"function": {"name": "h", "arguments": ""}}]},
                 {"role": "tool", "tool_call_id": "c1", "content": "42"}]
                """);
        assertThat(messages)
                .extracting(Message::role)
                .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL);
        assertThat(messages.get(1).content().plainText()).isEqualTo("ab");
        Message assistant = messages.get(2);
        assertThat(assistant.content()).isEqualTo(new Content.Text(""));
        assertThat(assistant.reasoningContent()).isEqualTo("r");
        assertThat(assistant.extras()).isEqualTo(Map.of("prefix", true));
        assertThat(assistant.toolCalls()).extracting(ToolCall::name).containsExactly("f", "g", "h");
        assertThat(assistant.toolCalls().getFirst().arguments().keySet()).containsExactly("z", "a");
        assertThat(assistant.toolCalls().getLast().arguments()).isEmpty();
        assertThat(messages.get(3).toolCallId()).isEqualTo("c1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '~',
            value = {
                "{\"role\": \"user\"} # messages must be a JSON list, but is an object",
                "[3] # messages[0] must be a JSON object, but is a number",
                "[{\"content\": \"x\"}] # messages[0] has no role",
                "[{\"role\": \"robot\"}] # messages[0]: unknown role 'robot'",
                "[{\"role\": 1}] # messages[0].role must be text, but is a number",
                "[{\"role\": \"user\", \"content\": 5}] # messages[0].content is a number",
                "[{\"role\": \"user\", \"content\": [5]}] # messages[0].content holds a part that is a number",
                "[{\"role\": \"assistant\", \"tool_calls\": {}}] # messages[0].tool_calls must be a JSON list",
                "[{\"role\": \"assistant\", \"tool_calls\": [{}]}] # messages[0].tool_calls[0] names no function",
                "[{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": [1]}]}] # messages[0].tool_calls[0].arguments must be a JSON object, but is a list",
                "[{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": \"3\"}]}] # arguments must be a JSON object, but is a number",
                "[{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": \"null\"}]}] # arguments must be a JSON object, but is null",
                "[{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": \"{\"}]}] # arguments is not valid JSON",
                "[{\"role\": \"user\"} # messages is not valid JSON"
            })
    void saysWhatIsWrongAndWhere(String json, String message) {
        assertThatThrownBy(() -> MessageReader.messages(json))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void readsWrappedAndBareTools() {
        List<Tool> tools = MessageReader.tools("""
                [{"type": "function", "function": {"name": "a", "parameters": {"type": "object"}}}, {"name": "b"}]""");
        assertThat(tools).extracting(Tool::name).containsExactly("a", "b");
        assertThat(tools.getFirst().parameters()).isEqualTo(Map.of("type", "object"));
        assertThat(tools.getLast().parameters()).isEmpty();
        assertThatThrownBy(() -> MessageReader.tools("[{\"type\": \"function\", \"function\": {}}]"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("no name");
    }

    @ParameterizedTest
    @CsvSource({"off,OFF", "none,OFF", "minimal,OFF", "low,HIGH", "medium,HIGH", "high,HIGH", "xhigh,MAX", "MAX,MAX"})
    void mapsTheEffortsOfOtherApis(String name, ReasoningEffort effort) {
        assertThat(ReasoningEffort.of(name)).isEqualTo(effort);
    }

    @Test
    void refusesUnknownEfforts() {
        assertThatThrownBy(() -> ReasoningEffort.of("extreme")).isInstanceOf(InvalidRequestException.class);
    }
}
