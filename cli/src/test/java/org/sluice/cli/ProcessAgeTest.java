package org.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class ProcessAgeTest {
    @Test
    void isAsOldAsTheVirtualMachine() {
        double machine = ManagementFactory.getRuntimeMXBean().getUptime();
        double process = ProcessAge.millis().orElseThrow();
        // the virtual machine begins to count when it has been loaded; where the system counts in seconds, one is the
        // error
        assertThat(process - machine).isBetween(-1_100.0, 3_000.0);
    }
}
