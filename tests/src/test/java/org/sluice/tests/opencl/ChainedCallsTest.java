package org.sluice.tests.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.sluice.tests.Devices;
import org.sluice.tests.ops.OpCasePlayer;

/** Small cases of every operation where a command runs a list of calls, however short the list is. */
class ChainedCallsTest {
    @Test
    void areRight() {
        String device = Devices.present().stream()
                .filter(d -> d.startsWith("opencl"))
                .findFirst()
                .orElse("");
        Assumptions.assumeFalse(device.isEmpty(), "there is no OpenCL device");
        Child run = Child.run(
                Map.of(),
                List.of("-Dsluice.opencl.chain=1"),
                OpCasePlayer.class.getName(),
                device,
                "6",
                "F32",
                "BF16",
                "F8_E4M3",
                "Q4_K",
                "IQ3_S");
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        assertThat(run.out().lines().toList().getLast()).endsWith("cases are right");
        assertThat(run.out().lines().count()).isGreaterThan(60);
    }
}
