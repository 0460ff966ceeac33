package org.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code sluice compare}: the table, the JSON and the page tell the same, and the page needs nothing but itself. */
class CompareCommandTest {
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path dir;

    private Cli compare(String... more) {
        return Cli.run(Stream.concat(
                        Stream.of(
                                "compare",
                                "--model",
                                Cli.DEMO,
                                "--threads",
                                "2",
                                "--tokens",
                                "8",
                                "--prefill",
                                "8",
                                "--generate",
                                "4",
                                "--repeat",
                                "1"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    @Test
    void comparesBackends() throws IOException {
        Path json = dir.resolve("all.json");
        Path html = dir.resolve("all.html");
        Cli run = compare("--backends", "cpu:vector,abacus", "--json", json.toString(), "--html", html.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.outLines())
                .anyMatch(l -> l.startsWith("cpu:vector ") && l.endsWith("never"))
                .anyMatch(l -> l.startsWith("abacus is missing: there is no backend 'abacus'"));

        JsonNode all = JSON.readTree(Files.readString(json));
        assertThat(all.get("absent").get("abacus").asString()).contains("no backend 'abacus'");
        assertThat(all.get("backends").size()).isEqualTo(1);
        JsonNode vector = all.get("backends").get(0);
        assertThat(vector.get("backend").asString()).isEqualTo("cpu:vector");
        for (String positive : List.of("load_seconds", "first_token_seconds", "planned_bytes")) {
            assertThat(vector.get(positive).asDouble()).as(positive).isPositive();
        }
        assertThat(vector.get("prefill").get("tokens_per_second").asDouble()).isPositive();
        assertThat(vector.get("decode").get("tokens_per_second").asDouble()).isPositive();
        assertThat(vector.get("peak").get("bytes_per_second").asDouble()).isGreaterThan(1e6);
        assertThat(vector.get("tokens").size()).isEqualTo(8);
        assertThat(vector.get("first_difference").isNull()).isTrue();
        JsonNode distance = vector.get("logits_distance");
        // float32 sums in another order: not equal, and not far
        assertThat(distance.get("max").asDouble()).isBetween(1e-8, 1e-3);
        assertThat(distance.get("mean").asDouble())
                .isBetween(1e-9, distance.get("max").asDouble());
        assertThat(distance.get("rows").asInt()).isEqualTo(8);
        JsonNode matmul = op(vector, "Matmul");
        // two operations for every weight of two bytes
        assertThat(matmul.get("flops_per_step").asDouble()
                        / matmul.get("bytes_per_step").asDouble())
                .isBetween(0.9, 1.1);
        assertThat(matmul.get("ms_per_step").asDouble()).isPositive();

        String page = Files.readString(html);
        assertThat(page).startsWith("<!doctype html>").contains("cpu:vector", "abacus", "Matmul", "<svg");
        assertThat(page).doesNotContain("http", "<script", "src=", "@import");
    }

    @Test
    void aBackendIsNoDistanceFromItself() throws IOException {
        Path json = dir.resolve("same.json");
        Cli run =
                compare("--backends", "cpu:vector", "--reference", "cpu:vector", "--exact", "--json", json.toString());
        assertThat(run.code()).isZero();
        JsonNode distance =
                JSON.readTree(Files.readString(json)).get("backends").get(0).get("logits_distance");
        assertThat(distance.get("max").asDouble()).isZero();
        assertThat(distance.get("kl").asDouble()).isZero();
    }

    private static JsonNode op(JsonNode backend, String kind) {
        for (JsonNode op : backend.get("ops")) {
            if (op.get("kind").asString().equals(kind)) {
                return op;
            }
        }
        throw new AssertionError("no " + kind + " in " + backend.get("ops"));
    }

    @Test
    void refusesWhatMakesNoSense() {
        Cli none = Cli.run("compare", "--model", Cli.DEMO, "--tokens", "0");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).startsWith("sluice: --tokens").hasLineCount(1);
        Cli nowhere = compare(
                "--backends",
                "cpu:vector",
                "--html",
                dir.resolve("no/such/folder.html").toString());
        assertThat(nowhere.code()).isEqualTo(2);
        assertThat(nowhere.err()).contains("folder.html cannot be written");
    }

    @Test
    void aBrowserShowsThePage() throws IOException, InterruptedException {
        Optional<Path> browser = Stream.of(System.getenv("PATH").split(":", -1))
                .flatMap(p -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(b -> Path.of(p, b)))
                .filter(Files::isExecutable)
                .findFirst();
        Assumptions.assumeTrue(browser.isPresent(), "there is no Chromium on the PATH");
        Path html = dir.resolve("page.html");
        Path picture = Path.of("target", "compare.png").toAbsolutePath();
        Files.createDirectories(picture.getParent());
        Files.deleteIfExists(picture);
        assertThat(compare("--backends", "cpu:vector", "--html", html.toString())
                        .code())
                .isZero();
        Process p = new ProcessBuilder(
                        browser.orElseThrow().toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--user-data-dir=" + dir.resolve("browser"),
                        "--window-size=1000,1600",
                        "--screenshot=" + picture,
                        html.toUri().toString())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("browser.log").toFile())
                .start();
        assertThat(p.waitFor(2, TimeUnit.MINUTES)).isTrue();
        var image = ImageIO.read(picture.toFile());
        assertThat(image.getWidth()).isEqualTo(1000);
        // the first bar is as wide as bars get and has the first colour
        long blue = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                blue += (image.getRGB(x, y) & 0xffffff) == 0x3b6fd4 ? 1 : 0;
            }
        }
        assertThat(blue).as("pixels of the first colour").isGreaterThan(5_000);
    }
}
