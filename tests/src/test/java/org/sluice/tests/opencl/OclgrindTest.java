package org.sluice.tests.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.tests.ops.OpCasePlayer;

/**
 * Small cases of every operation in the shape of a GPU (work groups of 64) under oclgrind, which interprets kernels and
 * reports every access outside a buffer and every pair of accesses that no barrier keeps apart.
 *
 * <p>Its check for uninitialised values is left out: version 21.10 crashes in it.
 */
class OclgrindTest {
    private static final List<Path> PLACES = List.of(
            Path.of("/usr/lib/oclgrind/liboclgrind-rt-icd.so"),
            Path.of("/usr/lib/x86_64-linux-gnu/oclgrind/liboclgrind-rt-icd.so"),
            Path.of("/usr/local/lib/oclgrind/liboclgrind-rt-icd.so"));

    @TempDir
    private Path vendors;

    /** An environment in which oclgrind is the only driver, or a skipped test. */
    private Map<String, String> environment() throws IOException {
        Optional<Path> library = PLACES.stream().filter(Files::exists).findFirst();
        Assumptions.assumeTrue(library.isPresent(), () -> "oclgrind is not installed: none of " + PLACES);
        Files.writeString(vendors.resolve("oclgrind.icd"), library.orElseThrow().toString() + "\n");
        return Map.of("OCL_ICD_VENDORS", vendors.toString(), "OCLGRIND_DATA_RACES", "1");
    }

    @Test
    void findsNothingInOurKernels() throws IOException {
        Child run = Child.run(
                environment(),
                List.of("-Dsluice.opencl.group=64"),
                OpCasePlayer.class.getName(),
                "opencl:oclgrind",
                "3");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out().lines().count()).isGreaterThan(60);
        assertThat(run.out().lines().toList().getLast()).endsWith("cases are right");
    }

    @Test
    void wouldFindRacesAndAccessesOutOfBounds() throws IOException {
        Child run = Child.run(environment(), List.of(), FaultyKernels.class.getName());
        assertThat(run.err()).containsIgnoringCase("data race").contains("Invalid write");
    }
}
