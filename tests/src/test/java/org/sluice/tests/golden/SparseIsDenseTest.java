package org.sluice.tests.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sluice.backend.DeviceOptions;
import org.sluice.model.GraphOptions;
import org.sluice.tests.golden.TracedRun.Trace;

/** Up to {@code index_topk} tokens a selection is everything, so sparse attention must give the bits of dense attention. */
@Tag("fixtures")
class SparseIsDenseTest {
    private static final Pattern TOP_K = Pattern.compile("\"index_topk\"\\s*:\\s*(\\d+)");
    /** More than any prompt here has tokens. */
    private static final int EVERYTHING = 4096;

    @TempDir
    Path temp;

    static List<Arguments> goldensAndDevices() {
        return GoldenTest.goldensAndDevices();
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("goldensAndDevices")
    void givesTheSameBits(Golden golden, String device) throws IOException {
        String config = Files.readString(golden.folder().resolve("config.json"));
        Matcher m = TOP_K.matcher(config);
        if (config.contains("\"deepseek_v3\"") || !m.find()) {
            return; // a model without indexer has nothing to compare
        }
        int topK = Integer.parseInt(m.group(1));
        try (Stream<Path> files = Files.list(golden.folder())) {
            for (Path f : files.filter(f -> f.getFileName().toString().startsWith("model"))
                    .toList()) {
                Files.createSymbolicLink(temp.resolve(f.getFileName()), f.toAbsolutePath());
            }
        }
        Files.writeString(temp.resolve("config.json"), m.replaceFirst("\"index_topk\": " + EVERYTHING));
        DeviceOptions options = DeviceOptions.of(device).withThreads(2).withExact(true);
        GraphOptions trace = new GraphOptions(true, false, false);
        try (Golden.Expected expected = golden.expected();
                TracedRun sparse = new TracedRun(golden.folder(), options, trace, topK);
                TracedRun dense = new TracedRun(temp, options, trace, topK)) {
            for (int p = 0; p < expected.prompts(); p++) {
                int[] all = expected.tokens(p);
                int[] tokens = Arrays.copyOf(all, Math.min(topK, all.length));
                Trace a = sparse.run(tokens, tokens.length, Map.of());
                Trace b = dense.run(tokens, tokens.length, Map.of());
                assertThat(a.differences(b)).as("prompt " + p).allMatch(n -> n.startsWith("selected."));
                assertThat(a.floats()).containsKey("logits").hasSameSizeAs(b.floats());
            }
        }
    }
}
