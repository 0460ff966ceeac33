package org.sluice.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Conversations that last from one call of the command to the next. */
class SessionFileTest {
    private static final Pattern PROMPT = Pattern.compile("prompt (\\d+) tokens( \\(\\d+ kept\\))?");
    private static final Pattern ANSWER = Pattern.compile("(?m)^\\[answer] .*$");
    private static final String SAMPLED = "--temperature 0.9 --seed 5 --effort high --keep-thinking";

    @TempDir
    private Path dir;

    private static Cli chat(String lines, String... options) {
        String[] all = Stream.concat(Stream.of("chat", "--model", Cli.DEMO), Arrays.stream(options))
                .flatMap(s -> Arrays.stream(s.split(" ")))
                .toArray(String[]::new);
        return Cli.run(lines.getBytes(UTF_8), all);
    }

    private static List<String> found(Pattern what, Cli run) {
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return what.matcher(run.out()).results().map(MatchResult::group).toList();
    }

    private String file() {
        return "--session " + dir.resolve("talk");
    }

    /** Thoughts are kept or left out, tokens taken or drawn: what is not said again is as it was. */
    @ParameterizedTest
    @ValueSource(
            strings = {"--temperature 0", SAMPLED, "--temperature 0 --keep-thinking --system Be.brief. --cache fp8"})
    void goesOnAsIfItHadNotEnded(String options) {
        String drafts = "--drafts off";
        Cli whole = chat("Compute 75 - 65.\nCompute 20 + 22.\nCompute 3 + 4.\n", options, drafts);
        Cli first = chat("Compute 75 - 65.\n", options, drafts, file());
        Cli second = chat("Compute 20 + 22.\nCompute 3 + 4.\n", drafts, file());
        assertThat(second.out()).contains("goes on with ");
        for (Pattern p : List.of(ANSWER, PROMPT)) {
            List<String> parts =
                    Stream.of(first, second).flatMap(r -> found(p, r).stream()).toList();
            assertThat(parts).isEqualTo(found(p, whole)).hasSize(3);
        }
        assertThat(found(PROMPT, second).getFirst()).contains("kept");
    }

    @Test
    void draftsGoOnToo() {
        chat("Compute 75 - 65.\n", "--temperature 0 --keep-thinking --drafts 3", file());
        Cli second = chat("Compute 20 + 22.\n", "--drafts 3", file());
        Cli whole = chat("Compute 75 - 65.\nCompute 20 + 22.\n", "--temperature 0 --keep-thinking --drafts 3");
        assertThat(found(ANSWER, second).getLast())
                .isEqualTo(found(ANSWER, whole).getLast());
        assertThat(found(PROMPT, second).getLast())
                .isEqualTo(found(PROMPT, whole).getLast())
                .contains("kept");
    }

    @Test
    void aTerminalSeesWhatWasSaid() {
        chat("Compute 75 - 65.\n", "--temperature 0", file());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Io io = new Io(
                new ByteArrayInputStream(new byte[0]),
                Cli.print(out),
                Cli.print(new ByteArrayOutputStream()),
                false,
                true,
                false,
                false);
        String file = dir.resolve("talk").toString();
        assertThat(Main.run(io, "chat", "--model", Cli.DEMO, "--session", file)).isZero();
        assertThat(out.toString(UTF_8))
                .contains(
                        "> Compute 75 - 65.\n[thinking] ", "\n[answer] 75 - 65 = 10.\n", "goes on with 2 messages of");
    }

    @Test
    void savesWhereItIsToldAndForgetsWhatItShould() {
        Path other = dir.resolve("other file");
        Cli run = chat(
                "Compute 75 - 65.\n/save " + other + "\n/reset\nCompute 1 + 2.\n/save " + dir.resolve("no/such/x")
                        + "\n",
                "--temperature 0",
                file());
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("saved to " + other, "no/such/x");
        assertThat(chat("", file()).out()).contains("goes on with 2 messages");
        assertThat(Cli.run(
                                "Compute 20 + 22.\n".getBytes(UTF_8),
                                "chat",
                                "--model",
                                Cli.DEMO,
                                "--session",
                                other.toString())
                        .out())
                .contains("goes on with 2 messages", "kept)");
    }

    @Test
    void anEmptyConversationIsOneToo() {
        assertThat(chat("", file()).code()).isZero();
        Cli run = chat("Compute 75 - 65.\n", "--temperature 0", file());
        assertThat(found(ANSWER, run)).containsExactly("[answer] 75 - 65 = 10.");
    }

    @Test
    void scriptsAnswerTurnByTurn() {
        JsonNode first = generate("Compute 75 - 65.", "--temperature 0 --keep-thinking");
        JsonNode second = generate("Compute 20 + 22.", "--drafts off");
        assertThat(first.get("timings").get("reused_tokens").asInt()).isZero();
        int known = first.get("timings").get("prompt_tokens").asInt()
                + first.get("tokens").size();
        // the newest token is not computed, a draft layer's row needs the one behind it
        assertThat(second.get("timings").get("reused_tokens").asInt()).isBetween(known - 3, known);
        List<String> together =
                found(ANSWER, chat("Compute 75 - 65.\nCompute 20 + 22.\n", "--temperature 0 --keep-thinking"));
        assertThat("[answer] " + second.get("content").asString()).isEqualTo(together.getLast());
    }

    private JsonNode generate(String prompt, String options) {
        String[] all = Stream.of(
                        List.of("generate", prompt, "--model", Cli.DEMO, "--json"),
                        List.of(options.split(" ")),
                        List.of(file().split(" ")))
                .flatMap(List::stream)
                .toArray(String[]::new);
        Cli run = Cli.run(all);
        assertThat(run.err()).isEmpty();
        return new JsonMapper().readTree(run.out());
    }

    private void assertRefused(String options, String... parts) {
        for (String command : List.of("chat", "generate")) {
            String[] all = Stream.of(command, options, file())
                    .flatMap(s -> Arrays.stream(s.split(" ")))
                    .toArray(String[]::new);
            Cli run = Cli.run("Compute 1 + 2.\n".getBytes(UTF_8), all);
            assertThat(run.err()).startsWith("sluice: ").contains(parts).contains(dir.toString());
            assertThat(run.err().lines()).as(run.err()).hasSize(1);
            assertThat(run.code()).isEqualTo(2);
        }
    }

    @Test
    void refusesFilesThatAreNone() throws IOException {
        String model = "--model " + Cli.DEMO;
        Path file = dir.resolve("talk");
        Files.writeString(file, "Dear diary");
        assertRefused(model, "is not a saved session", "name another file");
        assertThat(file).hasContent("Dear diary");
        Files.delete(file);
        chat("Compute 75 - 65.\n", "--temperature 0", file());
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        assertRefused(model, "ends after " + whole.length / 2 + " of " + whole.length, "it was cut");
        byte[] changed = whole.clone();
        changed[changed.length / 2] ^= 1;
        Files.write(file, changed);
        assertRefused(model, "is damaged", "begin a new session");
        Files.write(file, whole);
        assertRefused(model + " --cache bf16", "caches of type F32", "leave --cache out");
        assertRefused(model + " --system Other", "--system differs");
        assertRefused(model + " --context 20", "larger context");
        assertThat(file).hasBinaryContent(whole);
    }

    @Test
    void refusesAnotherModelsFile() throws IOException {
        chat("Compute 75 - 65.\n", "--temperature 0", file());
        Path other = Files.createDirectory(dir.resolve("model"));
        try (Stream<Path> files = Files.list(Path.of(Cli.DEMO))) {
            for (Path f : files.toList()) {
                Files.copy(f, other.resolve(f.getFileName()));
            }
        }
        try (RandomAccessFile weights =
                new RandomAccessFile(other.resolve("model.safetensors").toFile(), "rw")) {
            long begin = 8 + Long.reverseBytes(weights.readLong());
            weights.seek(begin);
            int first = weights.read();
            weights.seek(begin);
            weights.write(first ^ 1);
        }
        assertRefused("--model " + other, "another model");
    }

    @Test
    void refusesPlacesWhereNothingCanBeKept() throws IOException {
        Files.createDirectory(dir.resolve("talk"));
        assertRefused("--model no-such-model", "is a directory");
        Files.delete(dir.resolve("talk"));
        Cli run = Cli.run("generate", "x", "--model", "no-such-model", "--session", dir + "/none/talk");
        assertThat(run.err()).contains(dir + "/none/talk", "create it");
        assertThat(run.code()).isEqualTo(2);
    }
}
