package org.sluice.tests.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;
import org.sluice.cli.Main;
import org.sluice.tests.Fixtures;

/** Drivers that are absent, broken or without a device: a reason in the list of devices, one line where one is asked for. */
class DriversTest {
    @TempDir
    private Path vendors;

    @BeforeEach
    void needsALoader() {
        Assumptions.assumeTrue(
                Backends.list().stream()
                        .filter(DeviceListing.Missing.class::isInstance)
                        .map(DeviceListing.Missing.class::cast)
                        .noneMatch(m -> m.reason().contains("loader is not installed")),
                "the OpenCL loader is not installed");
    }

    private static Child cli(Map<String, String> environment, String... arguments) {
        return Child.run(environment, List.of(), Main.class.getName(), arguments);
    }

    private static Child generate(Map<String, String> environment, String backend) {
        return cli(
                environment,
                "generate",
                "What is 17 + 25?",
                "--temperature",
                "0",
                "--model",
                Fixtures.repository().resolve("models/demo").toString(),
                "--backend",
                backend);
    }

    private static void refused(Child run, String... parts) {
        assertThat(run.err()).startsWith("sluice: ").contains(parts).doesNotContain("\n");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    private static void listed(Map<String, String> environment, String... parts) {
        Child run = cli(environment, "devices");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out().lines().filter(l -> l.startsWith("opencl")))
                .anySatisfy(l -> assertThat(l).contains("missing: ").contains(parts));
    }

    @Test
    void noDriver() {
        Map<String, String> none = Map.of("OCL_ICD_VENDORS", vendors.toString());
        listed(none, "there is no OpenCL platform", vendors.toString(), "pocl-opencl-icd");
        refused(generate(none, "opencl"), "no OpenCL device 'opencl'", "there is no OpenCL platform");
    }

    @Test
    void driverThatDoesNotLoad() throws IOException {
        Path icd = Files.writeString(vendors.resolve("broken.icd"), "libno-such-driver.so.1\n");
        Map<String, String> broken = Map.of("OCL_ICD_VENDORS", vendors.toString());
        listed(broken, icd.toString(), "libno-such-driver.so.1", "does not load");
        refused(generate(broken, "opencl"), icd.toString(), "does not load");
    }

    @Test
    void brokenDriverBesideAnother() throws IOException {
        Path pocl = pocl();
        Files.copy(pocl, vendors.resolve("pocl.icd"));
        Path icd = Files.writeString(vendors.resolve("broken.icd"), "libno-such-driver.so.1\n");
        Map<String, String> both = Map.of("OCL_ICD_VENDORS", vendors.toString());
        listed(both, icd.toString(), "does not load");
        assertThat(generate(both, "opencl").code()).isZero();
    }

    @Test
    void platformWithoutDevices() {
        pocl();
        Map<String, String> none = Map.of("POCL_DEVICES", "none");
        listed(none, "Portable Computing Language has no device");
        refused(generate(none, "opencl"), "Portable Computing Language has no device");
    }

    @Test
    void deviceThatIsNotThere() {
        pocl();
        refused(generate(Map.of(), "opencl:97"), "no OpenCL device 'opencl:97'", "there are opencl:0:0");
        refused(generate(Map.of(), "opencl:portable:abacus"), "no OpenCL device 'opencl:portable:abacus'");
    }

    @Test
    void deviceByItsName() {
        pocl();
        Child run = generate(Map.of(), "opencl:portable:pthread");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("42");
    }

    /** Where PoCL is registered, or a skipped test. */
    private static Path pocl() {
        Path icd = Path.of("/etc/OpenCL/vendors/pocl.icd");
        Assumptions.assumeTrue(Files.exists(icd), () -> "PoCL is not installed: there is no " + icd);
        return icd;
    }
}
