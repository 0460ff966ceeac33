package org.sluice.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GenerateCommandTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static Cli generate(String prompt, String... more) {
        String[] all = new String[more.length + 6];
        String[] first = {"generate", prompt, "--model", Cli.DEMO, "--temperature", "0"};
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return Cli.run(all);
    }

    private static JsonNode json(Cli run) {
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.outLines()).hasSize(1);
        return JSON.readTree(run.out());
    }

    @Test
    void writesTheAnswerAndNothingElseIntoAPipe() {
        Cli run = generate("Compute 75 - 65.");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("75 - 65 = 10.\n");
    }

    @Test
    void readsThePromptFromThePipe() {
        byte[] prompt = "Compute 75 - 65.\n".getBytes(UTF_8);
        String expected = generate("Compute 75 - 65.").out();
        assertThat(Cli.run(prompt, "generate", "-", "--model", Cli.DEMO, "--temperature", "0")
                        .out())
                .isEqualTo(expected);
        assertThat(Cli.run(prompt, "generate", "--model", Cli.DEMO, "--temperature", "0")
                        .out())
                .isEqualTo(expected);
    }

    @Test
    void tellsEverythingAsJson() {
        JsonNode o = json(generate("Compute 75 - 65.", "--json"));
        assertThat(o.get("content").asString()).isEqualTo("75 - 65 = 10.");
        assertThat(o.get("reasoning").asString()).isNotBlank();
        assertThat(o.get("text").asString())
                .isEqualTo(o.get("reasoning").asString() + "</think>"
                        + o.get("content").asString());
        assertThat(o.get("tokens").isArray()).isTrue();
        assertThat(o.get("tokens").size()).isGreaterThan(10);
        assertThat(o.get("finish_reason").asString()).isEqualTo("stop");
        assertThat(o.get("tool_calls").size()).isZero();
        assertThat(o.get("device").asString()).startsWith("cpu:");
        JsonNode t = o.get("timings");
        assertThat(t.get("first_token_ms").asDouble())
                .isPositive()
                .isLessThanOrEqualTo(t.get("total_ms").asDouble());
        assertThat(t.get("prompt_tokens").asInt()).isPositive();
        assertThat(t.get("decode_tokens_per_second").asDouble()).isPositive();
    }

    @Test
    void thinksAsMuchAsItIsTold() {
        assertThat(json(generate("Compute 75 - 65.", "--json", "--effort", "off"))
                        .get("reasoning")
                        .isNull())
                .isTrue();
        JsonNode long0 = json(generate("Compute 75 - 65.", "--json", "--effort", "max"));
        JsonNode cut = json(generate("Compute 75 - 65.", "--json", "--effort", "max", "--thinking-budget", "5"));
        assertThat(cut.get("reasoning").asString())
                .isNotEmpty()
                .hasSizeLessThan(long0.get("reasoning").asString().length());
        assertThat(long0.get("reasoning").asString())
                .startsWith(cut.get("reasoning").asString());
        assertThat(cut.get("content").asString()).isNotBlank();
    }

    @Test
    void stopsWhereItIsTold() {
        JsonNode o = json(generate("Compute 75 - 65.", "--json", "--effort", "off", "--stop", " = "));
        assertThat(o.get("content").asString()).isEqualTo("75 - 65");
        JsonNode two = json(generate("Compute 75 - 65.", "--json", "--max-tokens", "2"));
        assertThat(two.get("tokens").size()).isEqualTo(2);
        assertThat(two.get("finish_reason").asString()).isEqualTo("length");
    }

    @Test
    void theSameSeedGivesTheSameAnswer() {
        String[] args = {
            "generate",
            "Tell me a story.",
            "--model",
            Cli.DEMO,
            "--temperature",
            "1.5",
            "--top-p",
            "1",
            "--json",
            "--effort",
            "off",
            "--max-tokens",
            "40",
            "--seed"
        };
        JsonNode first = json(Cli.run(with(args, "7")));
        assertThat(first.get("seed").asLong()).isEqualTo(7);
        assertThat(json(Cli.run(with(args, "7"))).get("tokens")).isEqualTo(first.get("tokens"));
        assertThat(json(Cli.run(with(args, "8"))).get("tokens")).isNotEqualTo(first.get("tokens"));
    }

    private static String[] with(String[] args, String last) {
        String[] all = java.util.Arrays.copyOf(args, args.length + 1);
        all[args.length] = last;
        return all;
    }

    @Test
    void callsTools(@TempDir Path dir) throws IOException {
        Path tools = dir.resolve("tools.json");
        Files.writeString(tools, """
                [{"type": "function", "function": {"name": "get_weather",
                  "description": "Get the current weather of a city",
                  "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
                """);
        String prompt = "What is the weather in Paris?";
        JsonNode o = json(generate(prompt, "--json", "--effort", "off", "--tools", tools.toString()));
        assertThat(o.get("finish_reason").asString()).isEqualTo("tool_calls");
        assertThat(o.get("tool_calls").size()).isEqualTo(1);
        assertThat(o.get("tool_calls").get(0).get("name").asString()).isEqualTo("get_weather");
        assertThat(o.get("tool_calls").get(0).get("arguments").get("city").asString())
                .isEqualTo("Paris");
        Cli plain = generate(prompt, "--effort", "off", "--tools", tools.toString());
        assertThat(plain.out()).endsWith("{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}\n");
    }

    @Test
    void aClosedPipeEndsItQuietly() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream closed = new OutputStream() {
            private int room = 3;

            @Override
            public void write(int b) throws IOException {
                if (room-- <= 0) {
                    throw new IOException("Broken pipe");
                }
            }
        };
        Io io = new Io(
                new ByteArrayInputStream(new byte[0]), Cli.print(closed), Cli.print(err), false, false, false, false);
        int code = Main.run(io, "generate", "Tell me a story.", "--model", Cli.DEMO, "--effort", "off");
        assertThat(code).isZero();
        assertThat(err.toString(UTF_8)).isEmpty();
    }

    @Test
    void aTerminalSeesFaintThoughtsAndNoControlCharacters() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Io io = new Io(new ByteArrayInputStream(new byte[0]), Cli.print(out), Cli.print(err), true, true, true, true);
        assertThat(Main.run(io, "generate", "Compute 75 - 65.", "--model", Cli.DEMO, "--temperature", "0"))
                .isZero();
        assertThat(out.toString(UTF_8)).contains("\u001B[2m").contains("75 - 65 = 10.");
        assertThat(err.toString(UTF_8)).contains("tokens/s").contains("first token after");
        assertThat(io.harmless("a\u001B[31mb\tc\n")).isEqualTo("a\uFFFD[31mb\tc\n");
    }
}
