package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sluice.chat.ChatTemplate;
import org.sluice.error.SluiceException;

/** The template language against Python's Jinja2, construct by construct. */
class JinjaLanguageTest {
    @TestFactory
    Stream<DynamicTest> agreesWithPython() {
        Map<String, Object> file = JsonFiles.object(JsonFiles.resource("/chat/jinja-cases.json"));
        Map<String, Object> variables = JsonFiles.object(file.get("variables"));
        return JsonFiles.objects(file.get("cases")).stream()
                .map(c -> DynamicTest.dynamicTest(JsonFiles.text(c, "template"), () -> {
                    String template = JsonFiles.text(c, "template");
                    if (Boolean.TRUE.equals(c.get("fails"))) {
                        assertThatThrownBy(() ->
                                        ChatTemplate.parse(template, "t.jinja").render(variables))
                                .isInstanceOf(SluiceException.class);
                    } else {
                        assertThat(ChatTemplate.parse(template, "t.jinja").render(variables))
                                .isEqualTo(c.get("expected"));
                    }
                }));
    }

    @Test
    void generationBlocksAreOrdinaryText() {
        assertThat(render("a{% generation %}b{{ x }}{% endgeneration %}c", Map.of("x", 1)))
                .isEqualTo("ab1c");
    }

    @Test
    void aBlockRendersInPlace() {
        assertThat(render("{% block head %}h{% endblock head %}!", Map.of())).isEqualTo("h!");
    }

    @Test
    void strftimeNowReadsTheGivenClock() {
        Clock clock = Clock.fixed(Instant.parse("2026-07-04T09:05:06Z"), ZoneOffset.UTC);
        String template = "{{ strftime_now('%d %b %Y, %A %B %-d %H:%M:%S %j %y %I %p %%') }}";
        assertThat(ChatTemplate.parse(template, "t.jinja", clock).render(Map.of()))
                .isEqualTo("04 Jul 2026, Saturday July 4 09:05:06 185 26 09 AM %");
    }

    @Test
    void textOfARequestIsNeverReadAsTemplate() {
        String text = "{{ 7 * 7 }}{% for x in y %}{# c #}";
        assertThat(render("{{ m }}|{{ [m] | join }}|{{ m ~ '' }}", Map.of("m", text)))
                .isEqualTo(text + "|" + text + "|" + text);
    }

    @Test
    void rendersOnSeveralThreads() {
        ChatTemplate template = ChatTemplate.parse(
                "{% set ns = namespace(n=0) %}{% for i in range(k) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
                "t");
        List<String> sums = IntStream.range(0, 200)
                .parallel()
                .mapToObj(k -> template.render(Map.of("k", k)))
                .toList();
        for (int k = 0; k < sums.size(); k++) {
            assertThat(sums.get(k)).isEqualTo(String.valueOf(k * (k - 1) / 2));
        }
    }

    private static String render(String template, Map<String, ?> variables) {
        return ChatTemplate.parse(template, "t.jinja").render(variables);
    }
}
