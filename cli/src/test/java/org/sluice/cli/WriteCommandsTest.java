package org.sluice.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code convert} and {@code synthesize}: what they write opens, and what they refuse leaves nothing behind. */
class WriteCommandsTest {
    private static final String QUESTION = "Compute 75 - 65.";

    @TempDir
    private Path dir;

    @Test
    void aConvertedModelAnswersAsTheCheckpointDoes() throws IOException {
        Path file = dir.resolve("demo.gguf");
        Cli made = Cli.run("convert", Cli.DEMO, file.toString(), "--type", "f32");
        assertThat(made.err()).doesNotContain("internal error");
        assertThat(made.code()).isZero();
        assertThat(made.out()).startsWith(file + "\n").contains("F32", "tensors", "GB a minute");
        assertThat(answer("--model", file.toString())).isEqualTo(answer("--model", Cli.DEMO));
        assertThat(Cli.run("inspect", file.toString()).out()).contains("F32", "8 layers");

        Cli again = Cli.run("convert", Cli.DEMO, file.toString());
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains(file.toString(), "--overwrite");
        assertThat(Cli.run("convert", Cli.DEMO, file.toString(), "--overwrite").code())
                .isZero();
    }

    @Test
    void classesGetTheirTypesAndFilesTheirSize() throws IOException {
        Path file = dir.resolve("demo.gguf");
        Cli made = Cli.run(
                "convert",
                Cli.DEMO,
                file.toString(),
                "--type",
                "Q4_K",
                "--types",
                "attention=BF16,head=Q6_K",
                "--split",
                "2M",
                "--threads",
                "1");
        assertThat(made.code()).as(made.err()).isZero();
        assertThat(made.out()).contains("-00001-of-", "BF16");
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files).hasSizeGreaterThan(2);
        }
        String first = made.outLines().getFirst();
        assertThat(Cli.run("inspect", first).out()).contains("BF16", "8 layers");
    }

    @Test
    void aRandomModelIsWrittenAndRuns() throws IOException {
        Path description = description();
        Path file = dir.resolve("random.gguf");
        Cli made = Cli.run(
                "synthesize", description.toString(), file.toString(), "--seed", "7", "--types", "routedExperts=Q4_0");
        assertThat(made.code()).as(made.err()).isZero();
        assertThat(made.out()).contains("Q4_0", "Q8_0");
        Cli bench = Cli.run(
                "bench", "--model", file.toString(), "--prompt", "16", "--generate", "4", "--repeat", "1", "--json");
        assertThat(bench.code()).as(bench.err()).isZero();
        Path other = dir.resolve("other.gguf");
        Cli.run("synthesize", description.toString(), other.toString(), "--seed", "7", "--types", "routedExperts=Q4_0");
        assertThat(Files.mismatch(file, other)).isEqualTo(-1);
    }

    @Test
    void refusals() throws IOException {
        Path file = dir.resolve("x.gguf");
        refused("no type of a GGUF file", "convert", Cli.DEMO, file.toString(), "--type", "Q9");
        refused("there are no tensors 'heads'", "convert", Cli.DEMO, file.toString(), "--types", "heads=Q8_0");
        refused("--split takes a size", "convert", Cli.DEMO, file.toString(), "--split", "many");
        refused("threads must be between", "convert", Cli.DEMO, file.toString(), "--threads", "0");
        refused("no-such-matrix", "convert", Cli.DEMO, file.toString(), "--importance", "no-such-matrix");
        refused("is no folder", "convert", dir.resolve("none").toString(), file.toString());
        refused("OUT", "convert", Cli.DEMO);
        refused("none.json", "synthesize", dir.resolve("none.json").toString(), file.toString());
        Path broken = Files.writeString(dir.resolve("broken.json"), "{", UTF_8);
        refused("is not valid JSON", "synthesize", broken.toString(), file.toString());
        assertThat(file).doesNotExist();
    }

    private void refused(String part, String... args) {
        Cli run = Cli.run(args);
        assertThat(run.err()).contains(part);
        assertThat(run.err().lines()).as(run.err()).hasSize(1);
        assertThat(run.code()).isEqualTo(2);
    }

    private static String answer(String... model) {
        String[] args = Stream.of(
                        Stream.of("generate", QUESTION, "--temperature", "0", "--max-tokens", "40", "--drafts", "off"),
                        Stream.of(model))
                .flatMap(s -> s)
                .toArray(String[]::new);
        Cli run = Cli.run(args);
        assertThat(run.code()).as(run.err()).isZero();
        return run.out();
    }

    /** The demonstration model's own shape. */
    private Path description() throws IOException {
        String config = Files.readString(Path.of(Cli.DEMO, "config.json"));
        return Files.writeString(dir.resolve("description.json"), "{\"config\": " + config + ", \"types\": {}}");
    }
}
