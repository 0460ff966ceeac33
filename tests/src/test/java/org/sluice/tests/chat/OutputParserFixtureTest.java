package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.sluice.chat.MessageReader;
import org.sluice.chat.OutputEvent;
import org.sluice.chat.OutputParser;
import org.sluice.chat.ParsedOutput;
import org.sluice.chat.Tool;
import org.sluice.tests.Fixtures;

/** Recorded outputs, fed whole, split at every position, and one code point at a time. */
@Tag("fixtures")
class OutputParserFixtureTest {
    @TestFactory
    Stream<DynamicTest> parses() {
        Map<String, Object> file = JsonFiles.object(JsonFiles.read(Fixtures.path("chat/parse.json")));
        List<Tool> tools = MessageReader.tools(file.get("tools"));
        return JsonFiles.objects(file.get("cases")).stream()
                .map(c -> DynamicTest.dynamicTest(JsonFiles.text(c, "name"), () -> check(c, tools)));
    }

    private static void check(Map<String, Object> c, List<Tool> tools) {
        String generated = JsonFiles.text(c, "generated");
        OutputParser.Start start =
                Boolean.TRUE.equals(c.get("thinking")) ? OutputParser.Start.REASONING : OutputParser.Start.CONTENT;
        ParsedOutput whole = OutputParser.parse(generated, start, tools);
        assertThat(whole.reasoning()).isEqualTo(c.get("reasoning"));
        assertThat(whole.content()).isEqualTo(c.get("content"));
        List<Map<String, Object>> calls = JsonFiles.objects(c.get("tool_calls"));
        assertThat(whole.toolCalls()).hasSameSizeAs(calls);
        for (int i = 0; i < calls.size(); i++) {
            assertThat(whole.toolCalls().get(i).name()).isEqualTo(calls.get(i).get("name"));
            assertThat(whole.toolCalls().get(i).arguments())
                    .isEqualTo(JsonFiles.object(calls.get(i).get("arguments")));
        }
        for (int i = 0; i <= generated.length(); i++) {
            assertThat(feed(List.of(generated.substring(0, i), generated.substring(i)), start, tools))
                    .as("split at %d", i)
                    .isEqualTo(whole);
        }
        List<String> points =
                generated.codePoints().mapToObj(Character::toString).toList();
        assertThat(feed(points, start, tools)).isEqualTo(whole);
    }

    /** What the events add up to, which must be what the parser reports. */
    private static ParsedOutput feed(List<String> pieces, OutputParser.Start start, List<Tool> tools) {
        OutputParser parser = new OutputParser(start, tools);
        List<OutputEvent> events = new ArrayList<>();
        pieces.forEach(p -> events.addAll(parser.push(p)));
        events.addAll(parser.finish());
        ParsedOutput output = parser.output();
        assertThat(text(events, OutputEvent.ReasoningDelta.class))
                .isEqualTo(output.reasoning() == null ? "" : output.reasoning());
        assertThat(text(events, OutputEvent.ContentDelta.class)).isEqualTo(output.content());
        assertThat(events.stream()
                        .filter(OutputEvent.CallFinished.class::isInstance)
                        .map(e -> ((OutputEvent.CallFinished) e).call()))
                .containsExactlyElementsOf(output.toolCalls());
        return output;
    }

    private static String text(List<OutputEvent> events, Class<? extends OutputEvent> kind) {
        StringBuilder all = new StringBuilder();
        for (OutputEvent e : events) {
            if (kind.isInstance(e)) {
                all.append(
                        switch (e) {
                            case OutputEvent.ReasoningDelta r -> r.text();
                            case OutputEvent.ContentDelta d -> d.text();
                            case OutputEvent.CallFinished f -> "";
                        });
            }
        }
        return all.toString();
    }
}
