package org.sluice.tests.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.opentest4j.TestAbortedException;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;

/** The cases of all operations on one device, without a test framework: where there is nothing but a JDK. */
public final class OpCaseRun {
    /**
     * How cases went.
     *
     * @param failures operation, case and what was wrong
     */
    public record Tally(int passed, int skipped, List<String> failures) {}

    private OpCaseRun() {}

    /** Runs one of {@code every} cases in both arithmetics. */
    public static Tally run(String selector, int every) {
        int index = 0;
        int passed = 0;
        int skipped = 0;
        List<String> failures = new ArrayList<>();
        for (OpCases cases : OpCaseTest.ALL) {
            for (OpCase c : cases.cases()) {
                if (index++ % every != 0) {
                    continue;
                }
                List<Map<String, Data>> reference = OpCaseTest.reference(c);
                for (Arithmetic a : Arithmetic.values()) {
                    DeviceOptions options = DeviceOptions.of(selector).withExact(a == Arithmetic.EXACT);
                    try (Device device = Backends.open(options)) {
                        OpCaseTest.compare(c, reference, device, a);
                        passed++;
                    } catch (TestAbortedException e) {
                        skipped++;
                    } catch (AssertionError | RuntimeException e) {
                        failures.add(cases.op().getSimpleName() + " " + c.name() + " " + a + ": " + e.getMessage());
                    }
                }
            }
        }
        return new Tally(passed, skipped, failures);
    }
}
