package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.tests.Emulator;
import org.sluice.tests.Fixtures;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code tests/gpu/check.sh} on the emulated driver, so that it is right when a GPU is there to be measured. */
@ExtendWith(Emulated.class)
class GpuScriptTest {
    private static final long MINUTES = 10;

    @TempDir
    private Path folder;

    private record Run(int code, String said, JsonNode report) {}

    private Run check(Map<String, String> environment) throws IOException, InterruptedException {
        Path out = folder.resolve("check.json");
        Path log = folder.resolve("check.log");
        ProcessBuilder b = new ProcessBuilder(
                        "sh",
                        Fixtures.repository().resolve("tests/gpu/check.sh").toString(),
                        out.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        b.environment().put("CHECK_CP", System.getProperty("java.class.path"));
        b.environment().put("JAVA_HOME", System.getProperty("java.home"));
        b.environment()
                .put("CHECK_JAVA", "-Dsluice.cuda.driver=" + Emulator.library().orElseThrow());
        b.environment().put("CHECK_SCALE", "tiny");
        b.environment().put("CHECK_EVERY", "120");
        b.environment().putAll(environment);
        Process p = b.start();
        p.getOutputStream().close();
        assertThat(p.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        return new Run(p.exitValue(), Files.readString(log), JsonMapper.shared().readTree(Files.readString(out)));
    }

    @Test
    void measuresEverything() throws Exception {
        Run run = check(Map.of("CHECK_PYTHON", "no-python"));
        assertThat(run.code()).as(run.said()).isZero();
        JsonNode report = run.report();
        assertThat(report.at("/device").asString("")).contains("emulated");
        assertThat(report.at("/counts").asBoolean(true)).isFalse();
        assertThat(report.at("/bounds/flopsMeasuredWith").asString("")).isEqualTo("own kernel");
        assertThat(report.at("/parts/cases/result/passed").asInt(0)).isGreaterThan(10);
        assertThat(report.at("/parts/goldens/result/passed").size()).isEqualTo(1);
        assertThat(report.at("/parts/torch/verdict").asString("")).startsWith("skipped: no-python");
        for (String part : List.of("speed", "large")) {
            JsonNode result = report.at("/parts/" + part + "/result");
            positive(result, "copy", "bytes", "seconds", "bytesPerSecond");
            positive(result, "product", "size", "flops", "seconds", "flopsPerSecond");
            positive(result, "prefill", "tokens", "seconds", "tokensPerSecond", "flops", "flopsPerSecond");
            positive(result, "model", "layers", "experts", "parameters", "weightBytes", "cacheBytesPerToken");
            assertThat(result.at("/decode").size()).isEqualTo(4);
            for (int i = 0; i < 4; i++) {
                positive(result, "decode/" + i, "rows", "context", "seconds", "tokensPerSecond", "distinctExperts");
                positive(result, "decode/" + i, "bytes", "bytesPerSecond", "processorSeconds");
            }
            assertThat(result.at("/decode/2/bytes").asDouble())
                    .isGreaterThan(result.at("/decode/0/bytes").asDouble());
        }
        JsonNode deep = report.at("/parts/speed/result/deep");
        positive(deep, "", "ratio");
        positive(deep, "deep", "context", "seconds", "bytes");
        assertThat(deep.at("/deep/context").asInt())
                .isGreaterThan(deep.at("/shallow/context").asInt());
        Set<String> without = new TreeSet<>();
        for (JsonNode aim : report.at("/aims")) {
            assertThat(aim.at("/met").isNull()).as(aim.toString()).isTrue();
            if (aim.at("/figure").isNull()) {
                without.add(aim.at("/what").asString(""));
            }
        }
        assertThat(report.at("/aims").size()).isEqualTo(15);
        assertThat(without).allMatch(what -> what.contains("PyTorch")).hasSize(2);
    }

    @Test
    void aPartThatFailsLeavesTheOthersRunning() throws Exception {
        Run run = check(Map.of("CHECK_PARTS", "cases goldens", "CHECK_EVERY", "none"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.report().at("/parts/cases/verdict").asString("")).startsWith("failed");
        assertThat(text(run.report().at("/parts/cases/log"))).contains("NumberFormatException");
        assertThat(run.report().at("/parts/goldens/verdict").asString("")).isEqualTo("passed");
        assertThat(run.report().at("/parts/large/verdict").asString("")).isEqualTo("skipped: not chosen");
        assertThat(run.said()).contains("failed");
        // what an earlier run left is kept by one of other parts
        Run next = check(Map.of("CHECK_PARTS", "torch", "CHECK_PYTHON", "no-python"));
        assertThat(next.report().at("/parts/goldens/result/passed").size()).isEqualTo(1);
    }

    private static void positive(JsonNode result, String object, String... fields) {
        List<String> missing = new ArrayList<>();
        for (String field : fields) {
            JsonNode value = result.at((object.isEmpty() ? "" : "/" + object) + "/" + field);
            if (!value.isNumber() || value.asDouble() <= 0) {
                missing.add(field + " is " + value);
            }
        }
        assertThat(missing).as(object + " of " + result).isEmpty();
    }

    private static String text(JsonNode lines) {
        return String.join(
                "\n",
                StreamSupport.stream(lines.spliterator(), false)
                        .map(l -> l.asString(""))
                        .toList());
    }
}
