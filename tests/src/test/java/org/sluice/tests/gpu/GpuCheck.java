package org.sluice.tests.gpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.tests.golden.GoldenRun;
import org.sluice.tests.ops.OpCaseRun;
import tools.jackson.databind.json.JsonMapper;

/** What {@code tests/gpu/check.sh} runs on a GPU without a test framework's launcher: op cases and goldens, into a JSON file. */
public final class GpuCheck {
    private static final String DEVICE = "cuda";

    private GpuCheck() {}

    /** Takes the file to write, one of how many op cases runs, and whether goldens run (1 or 0). */
    public static void main(String[] args) throws IOException {
        Map<String, Object> report = new LinkedHashMap<>();
        try (Device device = Backends.open(DEVICE)) {
            report.put("device", device.description());
        }
        OpCaseRun.Tally tally = OpCaseRun.run(DEVICE, Integer.parseInt(args[1]));
        report.put("opCasesPassed", tally.passed());
        report.put("opCasesSkipped", tally.skipped());
        List<String> failures = new ArrayList<>(tally.failures());
        if (args[2].equals("1")) {
            failures.addAll(GoldenRun.failures(DEVICE));
        }
        report.put("failures", failures);
        Files.writeString(Path.of(args[0]), new JsonMapper().writeValueAsString(report));
        System.exit(failures.isEmpty() ? 0 : 1);
    }
}
