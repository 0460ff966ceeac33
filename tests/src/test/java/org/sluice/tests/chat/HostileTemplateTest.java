package org.sluice.tests.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.chat.ChatTemplate;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;

/** Templates come with downloaded models: none may reach Java, run on for ever or fill the memory. */
class HostileTemplateTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ''.getClass() }}",
                "{{ ''.getClass().forName('java.lang.Runtime') }}",
                "{{ ''.class.name }}",
                "{{ ''['class']['name'] }}",
                "{{ messages.getClass() }}",
                "{{ messages.stream() }}",
                "{{ messages.iterator().next() }}",
                "{{ range.getClass() }}",
                "{{ loop_.class.classLoader }}",
                "{% for x in [1] %}{{ loop.getClass() }}{% endfor %}",
                "{% macro m() %}{% endmacro %}{{ m.getClass() }}{{ m.shape.name }}",
                "{{ namespace().members.clear() }}",
                "{{ ''.__class__.__mro__ }}",
                "{{ ''|attr('getClass') ~ ''|attr('getClass')() }}",
                "{{ messages|map(attribute='class.name')|list }}",
                "{{ messages|map('getClass')|list }}",
                "{{ 1 .intValue() }}",
                "{{ (1.5).doubleValue() }}",
                "{{ '{0.class}'.format('x') }}",
                "{{ '{0[class]}'.format('x') }}",
                "{{ messages[0].clear() }}",
                "{{ messages.append(1) }}",
                "{{ messages.pop() }}",
                "{{ messages[0].update({'a': 1}) }}",
                "{% include '/etc/passwd' %}",
                "{% import 'x' as y %}",
                "{% from 'x' import y %}",
                "{% extends 'x' %}"
            })
    void nothingReachesJavaOrAFile(String template) {
        Map<String, Object> variables = Map.of("messages", List.of(Map.of("role", "user", "content", "x")));
        assertThatThrownBy(() ->
                        ChatTemplate.parse(template, "m/chat_template.jinja").render(variables))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("m/chat_template.jinja")
                .hasMessageMatching("[^\n]*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(1000000000) %}x{% endfor %}",
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% for a in range(99999) %}{% for b in range(99999) %}{{ 'x' }}{% endfor %}{% endfor %}",
                "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s|replace('x', ns.s) %}{% endfor %}",
                "{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s.join([ns.s, ns.s]) %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}",
                "{% set ns = namespace(l=[], m=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
                "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
                "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
                "{{ 'x' * 100000000000 }}",
                "{{ 'x' * 1000000000 }}",
                "{{ [0] * 1000000000 }}",
                "{{ 2 ** 1000000000000 }}",
                "{{ 9 ** 99999999 }}",
                "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}",
                "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ [ns.t]|unique|list }}",
                "{{ 'x'.center(2000000000) }}",
                "{{ 'x'.zfill(2000000000) }}",
                "{{ 'x'|indent(1000000) ~ ('a\n' * 1000000)|indent(1000) }}",
                "{{ [1]|batch(2000000000, 'x')|list }}",
                "{{ [1]|slice(2000000000)|list }}",
                "{{ ('\t' * 100000).expandtabs(1000000) }}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro m(n) %}{{ m(n + 1) ~ m(n + 1) }}{% endmacro %}{{ m(0) }}",
                "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% set s = 'x' * 10000000 %}{% for i in range(99999) %}{{ s in 'y' ~ s }}{% endfor %}",
                "{% for i in range(99999) %}{{ 'x' * 1000000 }}{% endfor %}"
            })
    void whatATemplateUsesUpIsBounded(String template) {
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(40),
                () -> assertThatThrownBy(() -> ChatTemplate.parse(template, "m/chat_template.jinja")
                                .render(Map.of()))
                        .isInstanceOf(CheckpointException.class)
                        .hasMessageContaining("m/chat_template.jinja"));
    }

    @Test
    void deepNestingIsRefused() {
        for (String template : List.of(
                "{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
                "{{ " + "[".repeat(50_000) + " }}",
                "{{ " + "-".repeat(100_000) + "1 }}",
                "{{ " + "not ".repeat(100_000) + "(1 + }}",
                "{{ x" + ".a".repeat(200_000) + " }}",
                "{{ 1" + " + 1".repeat(200_000) + " + x }}",
                "{% if true %}".repeat(10_000),
                "{{ x" + "|trim".repeat(150_000) + " + 1 }}",
                "x".repeat(2_000_000))) {
            assertThatThrownBy(() -> ChatTemplate.parse(template, "t.jinja").render(Map.of()))
                    .isInstanceOf(CheckpointException.class);
        }
    }

    @Test
    void aLargeOrdinaryPromptIsFarFromTheBounds() {
        String part = "word ".repeat(2_000);
        List<Map<String, String>> messages = Collections.nCopies(600, Map.of("role", "user", "content", part));
        String prompt = ChatTemplate.parse(
                        "{% macro text(c) %}{{ c }}{% endmacro %}{% for m in messages %}<|{{ m.role }}|>{{ text(m.content)|trim }}{% endfor %}",
                        "t.jinja")
                .render(Map.of("messages", messages));
        assertThat(prompt).hasSize(600 * (part.length() - 1 + "<|user|>".length()));
    }

    @Test
    void objectsOfTheApplicationAreRefused() {
        ChatTemplate template = ChatTemplate.parse("{{ x }}", "t.jinja");
        assertThatThrownBy(() -> template.render(Map.of("x", new StringBuilder("secret"))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("'x'");
    }

    @Test
    void aRefusalOfTheTemplateIsTheRequestsFault() {
        ChatTemplate template = ChatTemplate.parse("{{ raise_exception('roles must\nalternate') }}", "t.jinja");
        assertThatThrownBy(() -> template.render(Map.of()))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("roles must alternate");
    }

    @Test
    void aBrokenTemplateNamesFileAndLine() {
        assertThatThrownBy(() -> ChatTemplate.parse("a\nb\n{% if x %}\n{{ x", "dir/chat_template.jinja"))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("dir/chat_template.jinja, line 4");
    }
}
