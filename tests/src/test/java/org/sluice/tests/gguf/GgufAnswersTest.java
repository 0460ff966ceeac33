package org.sluice.tests.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;
import org.sluice.tests.chat.JsonFiles;

/** The demonstration model's greedy answers from a GGUF file, token for token where float32 arithmetic reads the weights exactly. */
@Tag("fixtures")
class GgufAnswersTest {
    private static final int MAX_TOKENS = 512;

    @ParameterizedTest
    @ValueSource(strings = {"F32", "BF16"})
    void answersTokenForToken(String preset) {
        List<Map<String, Object>> cases = cases();
        assertThat(cases).isNotEmpty();
        assertThat(differing(preset, true)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Q8_0", "Q4_K"})
    void quantisedAnswersDifferOnlyWhereTheMarginIsSmall(String preset) {
        double margin = preset.equals("Q8_0") ? 0.5 : 4;
        assertThat(differing(preset, false))
                .allSatisfy(c -> assertThat(Double.parseDouble(JsonFiles.text(c, "smallest_margin")))
                        .as("margin of %s", c.get("prompt"))
                        .isLessThan(margin));
    }

    private static List<Map<String, Object>> cases() {
        return JsonFiles.objects(JsonFiles.object(JsonFiles.read(Fixtures.path("demo-model/answers.json")))
                .get("cases"));
    }

    private static List<Map<String, Object>> differing(String preset, boolean exact) {
        List<Map<String, Object>> all = new ArrayList<>();
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of("cpu").withThreads(2).withExact(exact))
                .withContext(4096);
        try (Engine engine = Engine.load(GgufModels.demo(preset), options);
                Session session = engine.newSession()) {
            for (Map<String, Object> c : cases()) {
                int[] expected = JsonFiles.ids(c.get("answer_tokens"));
                GenerationOptions greedy =
                        new GenerationOptions(MAX_TOKENS, Set.of(expected[expected.length - 1]), SamplerOptions.GREEDY);
                int[] got = session.generate(
                                JsonFiles.ids(c.get("prompt_tokens")),
                                greedy,
                                TokenListener.NONE,
                                ProgressListener.NONE,
                                new CancelToken())
                        .tokens();
                if (!Arrays.equals(got, expected)) {
                    all.add(c);
                }
            }
        }
        return all;
    }
}
