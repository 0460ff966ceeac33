package org.sluice.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;
import org.sluice.tests.chat.JsonFiles;

/** The demonstration model's recorded greedy answers, token for token on every device. */
@Tag("fixtures")
class DemoAnswersTest {
    private static final int MAX_TOKENS = 512;

    static List<String> devices() {
        return Devices.present();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void answersTokenForToken(String device) {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(2).withExact(true))
                .withContext(4096);
        List<Map<String, Object>> cases =
                JsonFiles.objects(JsonFiles.object(JsonFiles.read(Fixtures.path("demo-model/answers.json")))
                        .get("cases"));
        assertThat(cases).hasSizeGreaterThan(30);
        // plain loops are slow; they get the first cases
        List<Map<String, Object>> some = device.equals("cpu:reference") ? cases.subList(0, 3) : cases;
        try (Engine engine = Engine.load(Fixtures.demoModel(), options);
                Session session = engine.newSession()) {
            for (Map<String, Object> c : some) {
                int[] expected = JsonFiles.ids(c.get("answer_tokens"));
                GenerationOptions greedy =
                        new GenerationOptions(MAX_TOKENS, Set.of(expected[expected.length - 1]), SamplerOptions.GREEDY);
                assertThat(session.generate(
                                        JsonFiles.ids(c.get("prompt_tokens")),
                                        greedy,
                                        TokenListener.NONE,
                                        ProgressListener.NONE,
                                        new CancelToken())
                                .tokens())
                        .as("answer to %s", c.get("prompt"))
                        .isEqualTo(expected);
            }
        }
    }
}
