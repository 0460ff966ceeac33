package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.Emulator;
import org.sluice.tests.model.TinyCheckpoint;

/**
 * Processor time of the thread that runs decode steps, with an emulated driver that does nothing when a graph is launched: what is left is
 * ours, JCuda's and the emulator's own. It is not the time of a real driver.
 */
@ExtendWith(Emulated.class)
class HostTimeTest {
    private static final int FEW_LAYERS = 6;
    private static final int MANY_LAYERS = 78;
    private static final int WARM = 20_000;
    private static final int STEPS = 5_000;

    /** Far more than it takes: tests share machines. */
    private static final double MOST_MICROS = 200;

    private static final ThreadMXBean COUNTERS = ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    /** Median of the processor time of steps of one row, in microseconds. */
    private double micros(int layers) {
        new TinyCheckpoint().withLayers(layers).write(folder);
        Emulator.set("NOOP", 2);
        try (OpenModel model = Models.open(folder);
                Device device = Backends.open("cuda");
                Program program = device.compile(
                        model.model().graph(GraphOptions.DEFAULT), new ProgramOptions(16, 1, TinyCheckpoint.CONTEXT));
                Sequence s = program.newSequence()) {
            Step step = new Step(1);
            long[] nanos = new long[STEPS];
            for (int i = 0; i < WARM + STEPS; i++) {
                if (s.length() == TinyCheckpoint.CONTEXT) {
                    s.truncate(1);
                }
                long before = COUNTERS.getCurrentThreadCpuTime();
                step.clear().add(s, 1);
                step.want(0);
                program.input(LanguageModel.TOKENS).set(ValueLayout.JAVA_INT, 0, i % TinyCheckpoint.VOCABULARY);
                program.run(step);
                if (i >= WARM) {
                    nanos[i - WARM] = COUNTERS.getCurrentThreadCpuTime() - before;
                }
            }
            Arrays.sort(nanos);
            return nanos[STEPS / 2] / 1e3;
        }
    }

    @Test
    void aStepCostsTheSameWhateverTheLayers(TestReporter reporter) {
        double few = micros(FEW_LAYERS);
        double many = micros(MANY_LAYERS);
        reporter.publishEntry("microseconds of a step with " + FEW_LAYERS + " layers", String.valueOf(few));
        reporter.publishEntry("microseconds of a step with " + MANY_LAYERS + " layers", String.valueOf(many));
        assertThat(few).isBetween(0.1, MOST_MICROS);
        assertThat(many).isBetween(0.1, Math.min(MOST_MICROS, 2 * few + 10));
    }
}
