package org.sluice.tests.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sluice.chat.ChatFormat;
import org.sluice.chat.OutputParser;
import org.sluice.chat.ParsedOutput;
import org.sluice.chat.PromptOptions;
import org.sluice.chat.ReplyOptions;
import org.sluice.chat.ResponseFormat;
import org.sluice.chat.Tool;
import org.sluice.chat.ToolCall;
import org.sluice.chat.ToolChoice;
import org.sluice.chat.tokenizer.Tokenizer;
import org.sluice.decode.Constraint;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.constraint.TokenTrie;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;
import org.sluice.tests.Fixtures;
import org.sluice.tests.constraint.Vocabularies.Words;
import tools.jackson.databind.json.JsonMapper;

/** What a constrained chat lets through reads back, through the parser of answers, as what was asked for. No model needed. */
class ConstrainedAnswerTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String NASTY = """
            {"type":"object","properties":{
              "text":{"type":"string"},
              "code":{"type":"string","pattern":"^[</>a-z_]{2,24}$"},
              "kind":{"enum":["a","b c","é"]},
              "maybe":{"type":["string","null"]},
              "either":{"anyOf":[{"type":"string"},{"type":"integer","minimum":5,"maximum":70},{"type":"array","items":{"type":"string"}}]},
              "count":{"type":"integer","minimum":1,"maximum":120},
              "ratio":{"type":"number","multipleOf":0.5},
              "list":{"type":"array","items":{"type":"string"},"maxItems":3},
              "tree":{"$ref":"#/$defs/tree"},
              "word":{"$ref":"#/$defs/word"},
              "flag":{"type":"boolean"},
              "when":{"type":"string","format":"date-time"}},
             "required":["text","kind","count","tree","word"],
             "$defs":{"tree":{"type":"object","properties":{"v":{"type":"string"},"sub":{"type":"array","items":{"$ref":"#/$defs/tree"}}},
               "required":["v"]},"word":{"type":"string","enum":["12","x"]}}}""";

    private static ChatFormat format;
    private static Words words;

    @BeforeAll
    static void open() {
        Path demo = Fixtures.demoModel();
        format = ChatFormat.open(demo);
        Tokenizer t = format.tokenizer();
        List<byte[]> tokens = new ArrayList<>();
        for (int i = 0; i < t.size(); i++) {
            tokens.add(t.isSpecial(i) ? new byte[0] : t.bytes(i));
        }
        int stop = format.stopIds().stream().min(Integer::compare).orElseThrow();
        words = new Words(tokens, stop, new TokenTrie(tokens.toArray(byte[][]::new)));
    }

    @AfterAll
    static void close() {
        format.close();
    }

    static Tool tool(String name, String parameters) {
        return new Tool(Map.of("name", name, "parameters", JSON.readValue(parameters, Map.class)));
    }

    private static ReplyOptions options(List<Tool> tools) {
        return new ReplyOptions(
                PromptOptions.defaults(), tools, SamplerOptions.GREEDY, 100, List.of(), OptionalInt.empty());
    }

    private static Constraint constraint(String prompt, ReplyOptions options) {
        return Objects.requireNonNull(format.constraint(prompt, options));
    }

    @Test
    void callsReadBackAsValidArgumentsOfKnownTools() {
        List<Tool> tools = List.of(
                tool("nasty", NASTY),
                tool("nothing", "{}"),
                tool(
                        "add",
                        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{}},\"required\":[\"a\"]}"));
        Map<String, Validator> validators = Map.of(
                "nasty", new Validator(NASTY),
                "nothing", new Validator("{\"type\":\"object\",\"maxProperties\":0}"),
                "add",
                        new Validator(
                                "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{\"type\":\"integer\"}}}"));
        Walk walk = new Walk(constraint("<think></think>", options(tools).withToolChoice(ToolChoice.REQUIRED)), words);
        SplittableRandom random = new SplittableRandom(21);
        int calls = 0;
        for (int i = 0; i < 400; i++) {
            String text = walk.draw(random, random.nextInt(120), 4_000);
            if (text == null) {
                continue;
            }
            ParsedOutput output = OutputParser.parse(text, OutputParser.Start.CONTENT, tools);
            assertThat(output.content()).as(text).isEmpty();
            assertThat(output.toolCalls()).as(text).isNotEmpty();
            int opened = text.split("<tool_call>(?=nasty<|nothing<|add<)", -1).length - 1;
            assertThat(output.toolCalls()).as(text).hasSize(opened);
            for (ToolCall call : output.toolCalls()) {
                calls++;
                String arguments = JSON.writeValueAsString(call.arguments());
                assertThat(Objects.requireNonNull(validators.get(call.name())).errors(arguments))
                        .as("%s in %s", arguments, text)
                        .isEmpty();
            }
        }
        assertThat(calls).isGreaterThan(200);
    }

    @Test
    void documentsReadBackAsContent() {
        String schema =
                "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},"
                        + "\"required\":[\"a\",\"b\"],\"additionalProperties\":{\"type\":\"string\"}}";
        Map<?, ?> map = JSON.readValue(schema, Map.class);
        @SuppressWarnings("unchecked") // JSON objects have string keys
        ResponseFormat asked = ResponseFormat.json((Map<String, Object>) map);
        Walk walk = new Walk(constraint("<think></think>", options(List.of()).withResponseFormat(asked)), words);
        Validator validator = new Validator(schema);
        SplittableRandom random = new SplittableRandom(22);
        int whole = 0;
        for (int i = 0; i < 200; i++) {
            String text = walk.draw(random, random.nextInt(80), 3_000);
            if (text != null) {
                ParsedOutput output = OutputParser.parse(text, OutputParser.Start.CONTENT, List.of());
                assertThat(output.content()).isEqualTo(text);
                assertThat(validator.errors(output.content())).as(text).isEmpty();
                whole++;
            }
        }
        assertThat(whole).isGreaterThan(60);
    }

    private static boolean accepts(Constraint constraint, String text) {
        return new Walk(constraint, words).accepts(text, new SplittableRandom(1));
    }

    @Test
    void thoughtsAreFreeAndEndWhereTheAnswerBegins() {
        Constraint c = constraint("<think>", options(List.of()).withResponseFormat(ResponseFormat.pattern("[0-9]{3}")));
        assertThat(accepts(c, "I think {</thin 12 abc</think>123")).isTrue();
        assertThat(accepts(c, "</think>123")).isTrue();
        assertThat(accepts(c, "123")).isFalse();
        assertThat(accepts(c, "hm</think>12")).isFalse();
        assertThat(accepts(c, "hm</think>12a")).isFalse();
        // a call ends a thought, but there are no tools
        assertThat(accepts(c, "hm<tool_call>x</tool_call>")).isFalse();
        Constraint.Cursor cursor = c.begin(format.stopIds());
        for (int stop : format.stopIds()) {
            assertThat(cursor.allows(stop)).as("a stop token inside a thought").isFalse();
        }
    }

    @Test
    void aThoughtMayOrMayNotComeWhereThePromptIsSilent() {
        Constraint c = constraint("Q:", options(List.of()).withResponseFormat(ResponseFormat.pattern("yes|no")));
        assertThat(accepts(c, "yes")).isTrue();
        assertThat(accepts(c, "<think>well</think>no")).isTrue();
        assertThat(accepts(c, "<think>well</think>maybe")).isFalse();
    }

    @Test
    void toolsMayBeCalledInPlaceOfADocument() {
        List<Tool> tools = List.of(
                tool("f", "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}},\"required\":[\"x\"]}"));
        Constraint c = constraint(
                "<think>", options(tools).withResponseFormat(ResponseFormat.json(Map.of("type", "boolean"))));
        String call = "<tool_call>f<arg_key>x</arg_key><arg_value>7</arg_value></tool_call>";
        assertThat(accepts(c, "t</think>true")).isTrue();
        assertThat(accepts(c, "t</think>" + call)).isTrue();
        assertThat(accepts(c, "t" + call + call)).isTrue();
        assertThat(accepts(c, "t</think>" + call + "true")).isFalse();
        assertThat(accepts(c, "t</think><tool_call>f</tool_call>")).isFalse();
        assertThat(accepts(c, "t</think>" + call.replace("7", "seven"))).isFalse();
    }

    @Test
    void checkedCallsLeaveTheRestFree() {
        List<Tool> tools = List.of(
                tool("f", "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"string\"}}}"), tool("g", "{}"));
        Constraint c = constraint("<think></think>", options(tools).withToolChoice(ToolChoice.CHECKED));
        assertThat(accepts(c, "Hello <b>you</b> <tool_cal")).isTrue();
        assertThat(accepts(c, "")).isTrue();
        assertThat(accepts(c, "Well:<tool_call>g</tool_call><tool_call>f</tool_call>"))
                .isTrue();
        assertThat(accepts(c, "<tool_call>f<arg_key>x</arg_key><arg_value> <\"any\n </arg></arg_value></tool_call>"))
                .isTrue();
        assertThat(accepts(c, "<tool_call>h</tool_call>")).isFalse();
        assertThat(accepts(c, "<tool_call>g")).isFalse();
        assertThat(accepts(c, "<tool_call>f<arg_key>y</arg_key>")).isFalse();
    }

    @Test
    void oneToolOrNone() {
        List<Tool> tools = List.of(tool("f", "{}"), tool("g", "{}"));
        Constraint one = constraint("<think></think>", options(tools).withToolChoice(ToolChoice.of("g")));
        assertThat(accepts(one, "<tool_call>g</tool_call>")).isTrue();
        assertThat(accepts(one, "<tool_call>f</tool_call>")).isFalse();
        assertThat(accepts(one, "g")).isFalse();
        Constraint none = constraint("<think></think>", options(tools).withToolChoice(ToolChoice.NONE));
        assertThat(accepts(none, "no call")).isTrue();
        assertThat(accepts(none, "<tool_call>f</tool_call>")).isFalse();
        assertThatThrownBy(() -> constraint("<think></think>", options(tools).withToolChoice(ToolChoice.of("h"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("h");
        assertThatThrownBy(
                        () -> constraint("<think></think>", options(List.of()).withToolChoice(ToolChoice.REQUIRED)))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void withoutAWishThereIsNoConstraint() {
        assertThat(format.constraint("<think>", options(List.of(tool("f", "{}")))))
                .isNull();
        assertThat(format.constraint("<think>", options(List.of()).withToolChoice(ToolChoice.CHECKED)))
                .isNull();
    }

    @Test
    void constraintsAreMadeOnceAndKeepTheOrderOfKeys() {
        ReplyOptions ab = options(List.of()).withResponseFormat(ResponseFormat.json(ordered("a", "b")));
        ReplyOptions ba = options(List.of()).withResponseFormat(ResponseFormat.json(ordered("b", "a")));
        assertThat(constraint("<think></think>", ab)).isSameAs(constraint("<think></think>", ab));
        assertThat(accepts(constraint("<think></think>", ab), "{\"a\":1,\"b\":1}"))
                .isTrue();
        assertThat(accepts(constraint("<think></think>", ba), "{\"a\":1,\"b\":1}"))
                .isFalse();
        assertThat(accepts(constraint("<think></think>", ba), "{\"b\":1,\"a\":1}"))
                .isTrue();
    }

    private static Map<String, Object> ordered(String first, String second) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put(first, Map.of("type", "integer"));
        properties.put(second, Map.of("type", "integer"));
        return Map.of("type", "object", "properties", properties, "required", List.of("a", "b"));
    }

    @Test
    void namesThatTheFormatCannotCarryAreRefused() {
        assertThatThrownBy(() -> constraint(
                        "<think>", options(List.of(tool("a<b", "{}"))).withToolChoice(ToolChoice.CHECKED)))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("a<b");
        assertThatThrownBy(() -> constraint(
                        "<think>",
                        options(List.of(tool(
                                        "f",
                                        "{\"type\":\"object\",\"properties\":{\"x\":{\"const\":\"</arg_value>\"}}}")))
                                .withToolChoice(ToolChoice.CHECKED)))
                .isInstanceOf(UnsupportedException.class)
                .hasMessageContaining("</arg_value>");
    }

    @Test
    void specialTokensAreNeverAllowed() {
        Constraint c = constraint("<think>", options(List.of()).withResponseFormat(ResponseFormat.jsonObject()));
        Constraint.Cursor cursor = c.begin(Set.of());
        float[] logits = new float[format.tokenizer().size()];
        cursor.mask(logits, logits.length);
        for (int t = 0; t < logits.length; t++) {
            if (format.tokenizer().isSpecial(t)) {
                assertThat(logits[t]).as(format.tokenizer().token(t)).isEqualTo(Float.NEGATIVE_INFINITY);
            }
        }
    }
}
