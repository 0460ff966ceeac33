package org.sluice.tests.golden;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.sluice.tests.Devices;
import org.sluice.tests.Emulator;

/** One golden, whole and in chunks, through the CUDA backend on the emulated driver; a GPU gets all of them. */
@Tag("fixtures")
class EmulatedGoldenTest {
    @BeforeAll
    static void needsTheEmulator() {
        Assumptions.assumeTrue(
                Emulator.install() && Devices.withEmulated().contains("cuda:0"), "there is no emulated CUDA driver");
    }

    @Test
    void equalsTheReferenceUnderItsSelections() {
        new GoldenTest().equalsTheReferenceUnderItsSelections(Golden.all().getFirst(), "cuda:0");
    }
}
