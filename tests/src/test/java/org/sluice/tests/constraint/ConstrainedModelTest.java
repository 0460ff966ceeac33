package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.EngineOptions;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.PromptOptions;
import org.sluice.chat.ReasoningEffort;
import org.sluice.chat.Reply;
import org.sluice.chat.ReplyOptions;
import org.sluice.chat.ResponseFormat;
import org.sluice.chat.Tool;
import org.sluice.chat.ToolCall;
import org.sluice.chat.ToolChoice;
import org.sluice.decode.Drafts;
import org.sluice.decode.FinishReason;
import org.sluice.decode.SamplerOptions;
import org.sluice.error.UnsupportedException;
import org.sluice.tests.Fixtures;
import tools.jackson.databind.json.JsonMapper;

/** The demonstration model held to schemas, expressions and tools, with and without drafts. */
@Tag("fixtures")
class ConstrainedModelTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String SUM = """
            {"type":"object","properties":{"steps":{"type":"array","items":{"type":"string","maxLength":24},"maxItems":2},
             "result":{"type":"integer"},"sure":{"type":"boolean"},"unit":{"enum":["apples","pears",null]}},
             "required":["result","sure","unit"],"additionalProperties":false}""";

    private static ChatModel load(int drafts) {
        return ChatModel.load(
                Fixtures.demoModel(),
                EngineOptions.DEFAULT.withContext(512).withMaxRows(64).withDrafts(Drafts.of(drafts)));
    }

    private static ReplyOptions options(ReasoningEffort effort) {
        return new ReplyOptions(
                PromptOptions.defaults().withEffort(effort),
                List.of(),
                SamplerOptions.GREEDY,
                200,
                List.of(),
                OptionalInt.empty());
    }

    @SuppressWarnings("unchecked") // JSON objects have string keys
    private static Map<String, Object> map(String json) {
        return (Map<String, Object>) JSON.readValue(json, Map.class);
    }

    private static Tool tool(String name, String properties, String required) {
        return new Tool(map("{\"type\":\"function\",\"function\":{\"name\":\"" + name
                + "\",\"description\":\"" + name + "\",\"parameters\":{\"type\":\"object\",\"properties\":" + properties
                + ",\"required\":" + required + "}}}"));
    }

    private static List<Tool> tools() {
        return List.of(
                tool("get_weather", "{\"city\":{\"type\":\"string\"}}", "[\"city\"]"),
                tool("add", "{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"integer\"}}", "[\"a\",\"b\"]"),
                tool(
                        "set_timer",
                        "{\"minutes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":600}}",
                        "[\"minutes\"]"),
                tool(
                        "read_file",
                        "{\"path\":{\"type\":\"string\",\"pattern\":\"^[a-z]+\\\\.[a-z]+$\"}}",
                        "[\"path\"]"));
    }

    private static Reply ask(ChatModel model, ReplyOptions options, String question) {
        try (Conversation c = model.newConversation()) {
            c.add(Message.user(question));
            return c.reply(options, event -> {});
        }
    }

    @Test
    void greedyAnswersAreTheSameWithAndWithoutDrafts() {
        List<ReplyOptions> wishes = new ArrayList<>();
        for (ReasoningEffort effort : List.of(ReasoningEffort.OFF, ReasoningEffort.HIGH)) {
            wishes.add(options(effort).withResponseFormat(ResponseFormat.json(map(SUM))));
            wishes.add(options(effort)
                    .withResponseFormat(ResponseFormat.pattern("[0-9]+ [+-] [0-9]+ = [0-9]{1,3}\\.( Sure\\.)?")));
            wishes.add(options(effort).withTools(tools()).withToolChoice(ToolChoice.CHECKED));
            wishes.add(options(effort).withTools(tools()).withToolChoice(ToolChoice.REQUIRED));
            wishes.add(options(effort).withTools(tools()).withToolChoice(ToolChoice.of("set_timer")));
        }
        List<String> questions =
                List.of("What is 24 + 30?", "Is it raining in Dublin?", "Add 7317 and 7679.", "Spell table.");
        Validator validator = new Validator(SUM);
        try (ChatModel plain = load(0);
                ChatModel drafting = load(3)) {
            int drafted = 0;
            for (ReplyOptions wish : wishes) {
                for (String question : questions) {
                    Reply reply = ask(plain, wish, question);
                    Reply same = ask(drafting, wish, question);
                    assertThat(same.text()).isEqualTo(reply.text());
                    assertThat(same.generation().tokens())
                            .isEqualTo(reply.generation().tokens());
                    drafted += java.util.Arrays.stream(
                                    same.generation().drafts().accepted())
                            .sum();
                    check(wish, reply, validator);
                }
            }
            assertThat(drafted).as("drafts that stood under a constraint").isGreaterThan(100);
        }
    }

    private static void check(ReplyOptions wish, Reply reply, Validator validator) {
        if (reply.generation().reason() != FinishReason.STOP) {
            return;
        }
        String content = reply.output().content();
        switch (wish.responseFormat()) {
            case ResponseFormat.Json f ->
                assertThat(validator.errors(content)).as(content).isEmpty();
            case ResponseFormat.Pattern f -> assertThat(content).matches(f.pattern());
            case null -> {
                if (wish.toolChoice().mode() == ToolChoice.Mode.REQUIRED) {
                    assertThat(reply.output().toolCalls()).isNotEmpty();
                    assertThat(reply.finishReason()).isEqualTo("tool_calls");
                }
                for (ToolCall call : reply.output().toolCalls()) {
                    checkCall(call);
                }
            }
        }
    }

    private static void checkCall(ToolCall call) {
        switch (call.name()) {
            case "get_weather" -> assertThat(call.arguments().get("city")).isInstanceOf(String.class);
            case "add" ->
                assertThat(call.arguments())
                        .containsOnlyKeys("a", "b")
                        .allSatisfy((k, v) -> assertThat(v).isInstanceOf(Number.class));
            case "set_timer" ->
                assertThat((Integer) call.arguments().get("minutes")).isBetween(1, 600);
            case "read_file" ->
                assertThat((String) call.arguments().get("path")).matches("[a-z]+\\.[a-z]+");
            default -> throw new AssertionError(call);
        }
    }

    @Test
    void aConstraintThatTheModelKeepsAnywayChangesNothing() {
        try (ChatModel model = load(0)) {
            for (ReasoningEffort effort : List.of(ReasoningEffort.OFF, ReasoningEffort.MAX)) {
                ReplyOptions free = options(effort).withTools(tools());
                for (String question :
                        List.of("Is it raining in Dublin?", "Add 7317 and 7679.", "What is in green.java?")) {
                    Reply without = ask(model, free, question);
                    Reply with = ask(model, free.withToolChoice(ToolChoice.CHECKED), question);
                    assertThat(without.output().toolCalls()).hasSize(1);
                    assertThat(with.generation().tokens())
                            .isEqualTo(without.generation().tokens());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void drawnAnswersAreValidToo(int drafts) {
        Validator validator = new Validator(SUM);
        try (ChatModel model = load(drafts)) {
            int whole = 0;
            for (int seed = 0; seed < 25; seed++) {
                ReplyOptions hot = options(ReasoningEffort.OFF)
                        .withResponseFormat(ResponseFormat.json(map(SUM)))
                        .withSampler(new SamplerOptions(1.5, seed % 3 == 0 ? 40 : 0, 0.98, 0, 1.1, seed));
                Reply reply = ask(model, hot, "What is 24 + 30?");
                if (reply.generation().reason() == FinishReason.STOP) {
                    whole++;
                    assertThat(validator.errors(reply.output().content()))
                            .as(reply.text())
                            .isEmpty();
                }
            }
            assertThat(whole).isGreaterThan(12);
        }
    }

    @Test
    void aThinkingBudgetEndsTheThoughtAndTheConstraintTakesOver() {
        try (ChatModel model = load(3)) {
            Reply reply = ask(
                    model,
                    options(ReasoningEffort.MAX)
                            .withThinkingBudget(4)
                            .withResponseFormat(ResponseFormat.pattern("yes|no")),
                    "What is 24 + 30?");
            assertThat(reply.output().content()).isIn("yes", "no");
            assertThat(reply.output().reasoning()).isNotEmpty();
        }
    }

    @Test
    void aWrongWishFailsBeforeAnythingIsComputedAndHarmsNothing() {
        try (ChatModel model = load(0);
                Conversation c = model.newConversation()) {
            c.add(Message.user("What is 24 + 30?"));
            ReplyOptions wrong = options(ReasoningEffort.OFF)
                    .withResponseFormat(ResponseFormat.json(Map.of("oneOf", List.of(Map.of("type", "null")))));
            assertThatThrownBy(() -> c.reply(wrong, event -> {}))
                    .isInstanceOf(UnsupportedException.class)
                    .hasMessageContaining("oneOf");
            assertThat(c.reply(options(ReasoningEffort.OFF), event -> {})
                            .output()
                            .content())
                    .isEqualTo("24 + 30 = 54.");
        }
    }

    @Test
    void stopTokensComeOnlyAtTheEnd() {
        try (ChatModel model = load(0)) {
            Reply reply = ask(
                    model,
                    options(ReasoningEffort.OFF).withResponseFormat(ResponseFormat.json(map(SUM))),
                    "What is 24 + 30?");
            int[] tokens = reply.generation().tokens();
            Set<Integer> stops = model.format().stopIds();
            for (int i = 0; i < tokens.length; i++) {
                assertThat(stops.contains(tokens[i])).isEqualTo(i == tokens.length - 1);
            }
        }
    }
}
