package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.chat.MessageReader;
import org.sluice.chat.OutputEvent;
import org.sluice.chat.OutputParser;
import org.sluice.chat.OutputParser.Start;
import org.sluice.chat.ParsedOutput;
import org.sluice.chat.Tool;
import org.sluice.chat.ToolCall;

/** What models also produce, and what must not depend on how the text is cut. */
class OutputParserTest {
    private static final List<Tool> TOOLS = MessageReader.tools("""
            [{"name": "f", "parameters": {"properties": {
              "s": {"type": "string"}, "i": {"type": "integer"}, "o": {"type": "object"},
              "ns": {"type": ["string", "null"]}, "si": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
              "e": {"enum": ["1", "2"]}}}}]""");

    private static ParsedOutput parse(String text) {
        return OutputParser.parse(text, Start.CONTENT, TOOLS);
    }

    private static @Nullable Object argument(String name, String raw) {
        ToolCall call = parse(
                        "<tool_call>f<arg_key>" + name + "</arg_key><arg_value>" + raw + "</arg_value></tool_call>")
                .toolCalls()
                .getFirst();
        return call.arguments().get(name);
    }

    @Test
    void valuesTakeTheTypeTheSchemaAsksFor() {
        assertThat(argument("s", " 12 ")).isEqualTo(" 12 ");
        assertThat(argument("i", " 12 ")).isEqualTo(12);
        assertThat(argument("ns", "null")).isNull();
        assertThat(argument("ns", "12")).isEqualTo("12");
        assertThat(argument("si", "12")).isEqualTo(12);
        assertThat(argument("si", "12 a")).isEqualTo("12 a");
        assertThat(argument("e", "1")).isEqualTo("1");
        assertThat(argument("zz", "{\"a\": 1}")).isEqualTo(Map.of("a", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '~',
            value = {
                "{'a': True, 'b': [None, (1, 2.5)]} # {a=true, b=[null, [1, 2.5]]}",
                "'it\\'s' # it's",
                "\"a\\n\" # ~a\n~",
                "-3 # -3",
                "{'a': x} # {'a': x}",
                "[1, 2 # [1, 2",
                "1 + 1 # 1 + 1",
                "1 2 # 1 2",
                "f(1) # f(1)"
            })
    void pythonLiteralsAreReadAndOtherTextStays(String raw, String value) {
        assertThat(String.valueOf(argument("o", raw))).isEqualTo(value);
    }

    @Test
    void malformedCalls() {
        assertThat(parse("<tool_call>f<arg_key>i</arg_key></tool_call>").toolCalls())
                .containsExactly(new ToolCall("f", Map.of()));
        assertThat(parse("<tool_call>f<arg_key>i</arg_key><arg_value>3</tool_call>")
                        .toolCalls())
                .containsExactly(new ToolCall("f", Map.of("i", 3)));
        assertThat(parse("<tool_call>f<arg_key>i</arg_key><arg_value>3</arg_value><arg_key>i</arg_key><arg_value>4"
                                + "</arg_value></tool_call>")
                        .toolCalls())
                .containsExactly(new ToolCall("f", Map.of("i", 4)));
        assertThat(parse("<tool_call>old<tool_call>f</tool_call>").toolCalls())
                .containsExactly(new ToolCall("f", Map.of()));
        assertThat(parse("<tool_call> </tool_call>"))
                .isEqualTo(new ParsedOutput(null, "<tool_call> </tool_call>", List.of()));
        assertThat(parse("</tool_call>a").content()).isEqualTo("</tool_call>a");
        assertThat(parse("<tool_call>f\nignored\n<arg_key> i </arg_key>\n\n<arg_value>3</arg_value>junk</tool_call>")
                        .toolCalls())
                .containsExactly(new ToolCall("f", Map.of("i", 3)));
    }

    @Test
    void textAroundCalls() {
        assertThat(parse("a<tool_call>f</tool_call>\n<tool_call>f</tool_call>\n")
                        .content())
                .isEqualTo("a");
        assertThat(parse("<tool_call>f</tool_call> b").content()).isEqualTo(" b");
        assertThat(parse("  ").content()).isEqualTo("  ");
        assertThat(parse("a <tool").content()).isEqualTo("a <tool");
        assertThat(OutputParser.parse("a</thin", Start.REASONING, TOOLS).reasoning())
                .isEqualTo("a</thin");
    }

    @Test
    void aPromptThatSaysNothingLeavesItToTheModel() {
        assertThat(OutputParser.parse("\n<think>r</think>c", Start.EITHER, TOOLS))
                .isEqualTo(new ParsedOutput("r", "c", List.of()));
        assertThat(OutputParser.parse(" <b>c", Start.EITHER, TOOLS))
                .isEqualTo(new ParsedOutput(null, " <b>c", List.of()));
        assertThat(OutputParser.parse("<thi", Start.EITHER, TOOLS))
                .isEqualTo(new ParsedOutput(null, "<thi", List.of()));
        assertThat(OutputParser.parse("<think>x", Start.CONTENT, TOOLS).reasoning())
                .isNull();
    }

    @Test
    void certainTextComesAtOnce() {
        OutputParser parser = new OutputParser(Start.REASONING, TOOLS);
        assertThat(parser.push("ab<")).containsExactly(new OutputEvent.ReasoningDelta("ab"));
        assertThat(parser.push("x")).containsExactly(new OutputEvent.ReasoningDelta("<x"));
        assertThat(parser.push("</think")).isEmpty();
        assertThat(parser.isReasoning()).isTrue();
        assertThat(parser.push(">c")).containsExactly(new OutputEvent.ContentDelta("c"));
        assertThat(parser.isReasoning()).isFalse();
        assertThat(parser.push("<tool_call>f</tool_call")).isEmpty();
        assertThat(parser.push(">")).containsExactly(new OutputEvent.CallFinished(0, new ToolCall("f", Map.of())));
    }

    @Test
    void howTheTextIsCutMakesNoDifference() {
        Random random = new Random(3);
        List<Start> starts = List.of(Start.values());
        List<String> parts = Arrays.asList(
                "<think>",
                "</think>",
                "<tool_call>",
                "</tool_call>",
                "<arg_key>",
                "</arg_key>",
                "<arg_value>",
                "</arg_value>",
                "f",
                "i",
                "s",
                " ",
                "\n",
                "12",
                "<",
                ">",
                "/",
                "</",
                "<t",
                "x",
                "👍",
                "</tool_",
                "_call>");
        for (int n = 0; n < 3_000; n++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(14); i > 0; i--) {
                text.append(parts.get(random.nextInt(parts.size())));
            }
            Start start = starts.get(random.nextInt(starts.size()));
            ParsedOutput whole = OutputParser.parse(text.toString(), start, TOOLS);
            OutputParser pieces = new OutputParser(start, TOOLS);
            List<OutputEvent> events = new ArrayList<>();
            for (int at = 0; at < text.length(); ) {
                int end = Math.min(text.length(), at + 1 + random.nextInt(4));
                events.addAll(pieces.push(text.substring(at, end)));
                at = end;
            }
            events.addAll(pieces.finish());
            assertThat(pieces.output()).as("%s in pieces", text).isEqualTo(whole);
            assertThat(events)
                    .filteredOn(OutputEvent.CallFinished.class::isInstance)
                    .hasSize(whole.toolCalls().size());
        }
    }

    @Test
    void aLongArgumentIsReadInLinearTime() {
        OutputParser parser = new OutputParser(Start.CONTENT, TOOLS);
        parser.push("<tool_call>f<arg_key>s</arg_key><arg_value>");
        for (int i = 0; i < 300_000; i++) {
            parser.push("<ab ");
        }
        parser.push("</arg_value></tool_call>");
        assertThat((String) parser.output().toolCalls().getFirst().arguments().get("s"))
                .hasSize(1_200_000);
    }
}
