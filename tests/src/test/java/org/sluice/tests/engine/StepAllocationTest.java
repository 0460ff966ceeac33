package org.sluice.tests.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.LanguageModel;
import org.sluice.tests.Devices;
import org.sluice.tests.Fixtures;

/**
 * Steps of a program leave nothing for the garbage collector, on no thread, once the code is compiled. Of the Vector API kernels this cannot
 * be promised: what they allocate depends on what the compiler inlines.
 */
class StepAllocationTest {
    private static final int DEPTH = 130;
    private static final int STEPS = 50;
    /** A batch without allocation ends the test; compilers need a number of batches before that. */
    private static final int BATCHES = 400;

    private static final ThreadMXBean COUNTERS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void decodingInCAllocatesNothing() {
        String selector = "cpu:native";
        Assumptions.assumeTrue(Devices.present().contains(selector), "this build has no kernels in C");
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(selector).withThreads(2))
                .withContext(256);
        try (Engine engine = Engine.load(Fixtures.demoModel(), options);
                Sequence sequence = engine.program().newSequence()) {
            Program program = engine.program();
            MemorySegment tokens = program.input(LanguageModel.TOKENS);
            Step step = new Step(1);
            for (int i = 0; i < DEPTH; i++) {
                decode(program, step, sequence, tokens, 1 + i * 31 % 200);
            }
            long[] threads = threads();
            long least = Long.MAX_VALUE;
            for (int batch = 0; batch < BATCHES && least > 0; batch++) {
                long before = allocated(threads);
                for (int i = 0; i < STEPS; i++) {
                    sequence.truncate(DEPTH);
                    decode(program, step, sequence, tokens, 7);
                }
                least = Math.min(least, allocated(threads) - before);
            }
            assertThat(least).as("bytes that %d steps allocate", STEPS).isZero();
        }
    }

    private static void decode(Program program, Step step, Sequence sequence, MemorySegment tokens, int token) {
        step.clear().add(sequence, 1);
        step.want(0);
        tokens.set(ValueLayout.JAVA_INT, 0, token);
        program.run(step);
    }

    /** This thread and the workers. */
    private static long[] threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.equals(Thread.currentThread()) || t.getName().startsWith("sluice-cpu-"))
                .mapToLong(Thread::threadId)
                .toArray();
    }

    /** Bytes that threads have ever allocated. */
    private static long allocated(long[] threads) {
        long sum = 0;
        for (long t : threads) {
            sum += COUNTERS.getThreadAllocatedBytes(t);
        }
        return sum;
    }
}
