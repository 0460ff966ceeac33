package org.sluice.tests.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.backend.ProgressListener;
import org.sluice.convert.ConvertOptions;
import org.sluice.convert.Converter;
import org.sluice.convert.Synthesizer;
import org.sluice.convert.TypePlan;
import org.sluice.tests.Fixtures;
import org.sluice.tests.chat.JsonFiles;

/** What Sluice writes, llama.cpp reads, and says the same. */
@Tag("peer")
@Tag("fixtures")
class LlamaCppTest {
    private static LlamaCpp peer;
    private static List<Map<String, Object>> cases;

    @TempDir
    private Path folder;

    @BeforeAll
    static void install() throws IOException, InterruptedException {
        peer = LlamaCpp.installed();
        cases = JsonFiles.objects(JsonFiles.object(JsonFiles.read(Fixtures.path("demo-model/answers.json")))
                .get("cases"));
    }

    private Path demo(String preset) {
        Path file = folder.resolve("demo-" + preset + ".gguf");
        Converter.convert(
                Fixtures.demoModel(),
                file,
                ConvertOptions.of(TypePlan.preset(preset)).withThreads(2));
        return file;
    }

    private static List<LlamaCpp.Prompt> prompts() {
        return cases.stream()
                .map(c -> {
                    int[] answer = JsonFiles.ids(c.get("answer_tokens"));
                    return new LlamaCpp.Prompt(
                            JsonFiles.ids(c.get("prompt_tokens")),
                            answer.length,
                            new int[] {answer[answer.length - 1]},
                            JsonFiles.text(c, "prompt"));
                })
                .toList();
    }

    /** Cases whose answer is another one. */
    private List<Map<String, Object>> differing(String preset) throws IOException, InterruptedException {
        List<LlamaCpp.Answer> answers = peer.greedy(demo(preset), prompts());
        List<Map<String, Object>> different = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Map<String, Object> c = cases.get(i);
            assertThat(answers.get(i).encoded())
                    .as("llama.cpp's tokens of %s", c.get("prompt"))
                    .isEqualTo(JsonFiles.ids(c.get("prompt_tokens")));
            if (!Arrays.equals(answers.get(i).tokens(), JsonFiles.ids(c.get("answer_tokens")))) {
                different.add(c);
            }
        }
        return different;
    }

    @Test
    void everyAnswerTokenForToken() throws IOException, InterruptedException {
        assertThat(cases).hasSizeGreaterThan(30);
        assertThat(differing("F32")).isEmpty();
    }

    @Test
    void quantisedAnswersDifferOnlyWhereTheMarginIsSmall() throws IOException, InterruptedException {
        assertThat(differing("Q8_0"))
                .hasSizeLessThan(4)
                .allSatisfy(c -> assertThat(Double.parseDouble(JsonFiles.text(c, "smallest_margin")))
                        .isLessThan(0.5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"BF16", "F16", "Q4_K", "Q6_K", "IQ4_XS"})
    void otherTypesAreRead(String preset) throws IOException, InterruptedException {
        List<LlamaCpp.Answer> answers = peer.greedy(demo(preset), prompts().subList(0, 3));
        assertThat(answers).allSatisfy(a -> assertThat(a.tokens()).isNotEmpty());
    }

    @Test
    void randomModelsAreRead() throws IOException, InterruptedException {
        Path description = folder.resolve("tiny.json");
        String config = Files.readString(Fixtures.demoModel().resolve("config.json"));
        Files.writeString(
                description,
                "{\"config\": " + config + ", \"types\": {\"routedExperts\": \"IQ4_NL\", \"attention\": \"Q8_0\"}}");
        Path file = folder.resolve("random.gguf");
        Synthesizer.synthesize(Synthesizer.Description.read(description), file, ProgressListener.NONE, line -> {});
        List<LlamaCpp.Answer> answers =
                peer.greedy(file, List.of(new LlamaCpp.Prompt(new int[] {1, 2, 3, 4}, 5, new int[0], "")));
        assertThat(answers.getFirst().tokens()).hasSize(5);
    }
}
