package org.sluice.tests.golden;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.convert.ConvertOptions;
import org.sluice.convert.Converter;
import org.sluice.convert.TypePlan;
import org.sluice.model.GraphOptions;
import org.sluice.tests.golden.TracedRun.Trace;

/**
 * Every golden, written as a GGUF file of F32 tensors and read back, still gives what the reference computes: names,
 * transposed halves, YaRN, gating and schedules of all three architectures go through the file.
 */
@Tag("fixtures")
class GgufGoldenTest {
    @TempDir
    private Path folder;

    static List<Arguments> goldens() {
        return GoldenTest.goldensAndDevices();
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldens")
    void equalsTheReferenceAsGguf(Golden golden, String device) {
        Path file = folder.resolve(golden + ".gguf");
        ConvertOptions options = ConvertOptions.of(TypePlan.preset("F32"))
                .withThreads(2)
                .withListeners(ProgressListener.NONE, line -> {});
        Converter.convert(golden.folder(), file, options);
        try (Golden.Expected expected = golden.expected();
                TracedRun run = new TracedRun(
                        file,
                        DeviceOptions.of(device).withThreads(2).withExact(true),
                        new GraphOptions(true, true, true),
                        expected.longest())) {
            for (int p = 0; p < expected.prompts(); p++) {
                int[] tokens = expected.tokens(p);
                Trace whole = run.run(tokens, tokens.length, GoldenTest.given(run, expected, p));
                Compare.check(expected, p, whole, tokens.length);
                Ties.assertSame(run, expected, p, whole);
            }
        }
    }
}
