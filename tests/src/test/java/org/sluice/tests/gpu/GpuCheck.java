package org.sluice.tests.gpu;

import java.nio.file.Path;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.tests.golden.GoldenRun;
import org.sluice.tests.ops.OpCaseRun;

/** Op cases and goldens on a GPU without a test framework's launcher. */
public final class GpuCheck {
    private static final String DEVICE = "cuda";

    private GpuCheck() {}

    /**
     * Takes the file to write, {@code cases} or {@code goldens}, and for cases one of how many runs, for goldens {@code full} or
     * {@code tiny}.
     */
    public static void main(String[] args) {
        PartFile out = new PartFile(Path.of(args[0]));
        // stays open, so that the context of what opens it for each case is not made anew
        try (Device device = Backends.open(DEVICE)) {
            out.put("device", device.description());
            run(out, args);
        }
        out.exit();
    }

    private static void run(PartFile out, String[] args) {
        if (args[1].equals("cases")) {
            int every = Integer.parseInt(args[2]);
            OpCaseRun.Tally tally = OpCaseRun.run(DEVICE, every);
            out.put("oneOf", every);
            out.put("passed", tally.passed());
            out.put("skipped", tally.skipped());
            out.failures(tally.failures());
        } else {
            GoldenRun.Tally tally = args[2].equals("tiny") ? GoldenRun.runOne(DEVICE) : GoldenRun.run(DEVICE);
            out.put("passed", tally.passed());
            out.failures(tally.failures());
        }
    }
}
