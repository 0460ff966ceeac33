package org.sluice.backend.opencl;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.support.Discovery;

/** What these tests run on. */
final class Anywhere {
    private Anywhere() {}

    /** The first usable device; without one the test is skipped, saying so. */
    static ClDeviceInfo found() {
        Discovery<ClDeviceInfo> d = Platforms.discover();
        Optional<ClDeviceInfo> first =
                d.devices().stream().filter(i -> i.unusable().isEmpty()).findFirst();
        Assumptions.assumeTrue(first.isPresent(), () -> "there is no OpenCL device: " + d.missing());
        return first.orElseThrow();
    }

    static OpenClDevice device() {
        return new OpenClDevice(found(), DeviceOptions.of("opencl"));
    }

    static Path demoModel() {
        for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
            if (Files.exists(p.resolve("mvnw"))) {
                return p.resolve("models/demo");
            }
        }
        throw new IllegalStateException("not inside the repository");
    }
}
