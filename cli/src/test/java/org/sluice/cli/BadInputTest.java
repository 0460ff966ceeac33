package org.sluice.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever cannot be used gives exit code 2, one line on the standard error and nothing else. */
class BadInputTest {
    @TempDir
    private Path dir;

    private static void assertRefused(Cli run, String... parts) {
        assertThat(run.err()).startsWith("sluice: ").contains(parts);
        assertThat(run.err().lines()).as(run.err()).hasSize(1);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    static Stream<Arguments> options() {
        return Stream.of(
                Arguments.of("--effort loud", "effort 'loud'"),
                Arguments.of("--temperature -1", "temperature must be between"),
                Arguments.of("--temperature warm", "--temperature"),
                Arguments.of("--temperature NaN", "temperature"),
                Arguments.of("--top-p 2", "top-p must be between"),
                Arguments.of("--top-k -3", "top-k must not be negative"),
                Arguments.of("--min-p 1.5", "min-p must be between"),
                Arguments.of("--repetition-penalty 0", "repetition penalty must be between"),
                Arguments.of("--max-tokens 0", "max-tokens must be at least 1"),
                Arguments.of("--max-tokens", "--max-tokens"),
                Arguments.of("--thinking-budget -1", "budget must not be negative"),
                Arguments.of("--seed x", "--seed"),
                Arguments.of("--threads 0", "threads must be between"),
                Arguments.of("--context 1", "context must hold at least 2"),
                Arguments.of("--context 8", "prompt has"),
                Arguments.of("--context 1000000", "1000000 tokens was asked for"),
                Arguments.of("--backend abacus", "no backend 'abacus'"),
                Arguments.of("--backend cpu:abacus", "no kernels called 'abacus'"),
                Arguments.of("--tools no-such-file.json", "no-such-file.json: does not exist"),
                Arguments.of("--drafts many", "--drafts takes off, auto or a number"),
                Arguments.of("--drafts 9", "between 0 and 8"),
                Arguments.of("--draft-kind best", "--draft-kind"),
                Arguments.of("--draft-vocabulary 0", "at least 1 token"),
                Arguments.of("--json-schema no-such-file.json", "no-such-file.json: does not exist"),
                Arguments.of("--pattern (?=a)", "(?=a)"),
                Arguments.of("--pattern a --json-schema b", "mutually exclusive"),
                Arguments.of("--tool-choice required", "tool"),
                Arguments.of("--colour", "--colour"),
                Arguments.of("surplus", "surplus"),
                Arguments.of("--model no-such-folder", "no-such-folder: does not exist"));
    }

    @ParameterizedTest
    @MethodSource("options")
    void refusesAnOption(String option, String part) {
        Stream<String> model = option.startsWith("--model") ? Stream.of() : Stream.of("--model", Cli.DEMO);
        String[] args = Stream.of(Stream.of("generate", "Compute 75 - 65."), model, Stream.of(option.split(" ")))
                .flatMap(s -> s)
                .toArray(String[]::new);
        assertRefused(Cli.run(args), part);
    }

    @Test
    void refusesAnUnknownCommand() {
        assertRefused(Cli.run("abacus"), "abacus");
    }

    @Test
    void refusesAnEmptyStopText() {
        assertRefused(Cli.run("generate", "x", "--model", Cli.DEMO, "--stop", ""), "stop text must not be empty");
    }

    @Test
    void refusesPromptsThatAreNone() {
        assertRefused(Cli.run("generate", "", "--model", Cli.DEMO), "prompt is empty");
        assertRefused(Cli.run(" \n".getBytes(UTF_8), "generate", "--model", Cli.DEMO), "prompt is empty");
        assertRefused(Cli.run(new byte[0], true, "generate", "--model", Cli.DEMO), "give a prompt");
    }

    @Test
    void refusesBytesThatAreNoText() {
        byte[] broken = {'a', (byte) 0xC3, '('};
        assertRefused(Cli.run(broken, "generate", "-", "--model", Cli.DEMO), "not valid UTF-8");
    }

    static Stream<Arguments> tools() {
        return Stream.of(
                Arguments.of("{", "not valid JSON"),
                Arguments.of("{\"a\": 1}", "must be a JSON list"),
                Arguments.of("[1]", "tools[0] must be a JSON object"),
                Arguments.of("[{\"type\": \"function\", \"function\": {}}]", "no name"));
    }

    @ParameterizedTest
    @MethodSource("tools")
    void refusesTools(String json, String part) throws IOException {
        Path file = Files.writeString(dir.resolve("tools.json"), json);
        assertRefused(Cli.run("generate", "x", "--model", Cli.DEMO, "--tools", file.toString()), part, file.toString());
    }

    @Test
    void refusesToolsThatAreNoText() throws IOException {
        Path file = Files.write(dir.resolve("tools.json"), new byte[] {'[', (byte) 0xFF, ']'});
        assertRefused(Cli.run("generate", "x", "--model", Cli.DEMO, "--tools", file.toString()), "not valid UTF-8");
    }

    /** Something to do to a copy of the demonstration model. */
    @FunctionalInterface
    interface Damage {
        void to(Path model) throws IOException;
    }

    private static Arguments damage(String name, Damage damage, String... parts) {
        return Arguments.of(name, damage, parts);
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                damage("no config", m -> Files.delete(m.resolve("config.json")), "config.json"),
                damage(
                        "config cut",
                        m -> Files.writeString(m.resolve("config.json"), "{\"model_type\":"),
                        "config.json"),
                damage(
                        "other architecture",
                        m -> Files.writeString(m.resolve("config.json"), "{\"model_type\": \"abacus\"}"),
                        "abacus"),
                damage("no weights", m -> Files.delete(m.resolve("model.safetensors")), "safetensors"),
                damage("weights cut", BadInputTest::cut, "model.safetensors"),
                damage(
                        "header longer than the file",
                        m -> Files.write(m.resolve("model.safetensors"), new byte[] {-1, -1, -1, -1, 0, 0, 0, 0, '{'}),
                        "model.safetensors"),
                damage("no tokenizer", m -> Files.delete(m.resolve("tokenizer.json")), "tokenizer.json"),
                damage("tokenizer cut", m -> Files.writeString(m.resolve("tokenizer.json"), "{"), "tokenizer.json"),
                damage("no template", m -> Files.delete(m.resolve("chat_template.jinja")), "chat_template"),
                damage(
                        "template broken",
                        m -> Files.writeString(m.resolve("chat_template.jinja"), "{% if %}"),
                        "chat_template.jinja"),
                damage(
                        "template that loops",
                        m -> Files.writeString(
                                m.resolve("chat_template.jinja"),
                                "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}"),
                        "chat_template"),
                damage(
                        "template that reaches for Java",
                        m -> Files.writeString(
                                m.resolve("chat_template.jinja"),
                                "{{ messages.getClass().forName('java.lang.System') }}"),
                        "chat_template"));
    }

    private static void cut(Path model) throws IOException {
        try (FileChannel c = FileChannel.open(model.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
            c.truncate(c.size() - 1000);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damages")
    void refusesADamagedModel(String name, Damage damage, String[] parts) throws IOException {
        Path model = Files.createDirectory(dir.resolve("model"));
        try (Stream<Path> files = Files.list(Path.of(Cli.DEMO))) {
            for (Path f : files.toList()) {
                Files.copy(f, model.resolve(f.getFileName()));
            }
        }
        damage.to(model);
        for (String command : List.of("generate", "chat")) {
            String[] args = command.equals("chat")
                    ? new String[] {"chat", "--model", model.toString()}
                    : new String[] {"generate", "Hello.", "--model", model.toString()};
            Cli run = Cli.run("Hello.\n".getBytes(UTF_8), args);
            assertThat(run.err()).startsWith("sluice: ").contains(parts);
            assertThat(run.err().lines()).as(run.err()).hasSize(1);
            assertThat(run.code()).isEqualTo(2);
        }
    }

    @Test
    void showsTheTraceWhenAsked() {
        Cli run = Cli.run("generate", "x", "--model", "no-such-folder", "--verbose");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).startsWith("sluice: no-such-folder").contains("\tat ", "CheckpointException");
        assertThat(Cli.run("--verbose", "generate", "x", "--model", "no-such-folder")
                        .err())
                .contains("\tat ");
    }
}
