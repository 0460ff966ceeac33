package org.sluice.tests.gpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.State;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.OpenModel;

/** A model on a device, and the steps whose time is taken: tokens are random, the likeliest next ones come back. */
final class ModelRun implements AutoCloseable {
    private final Scale scale;
    private final Program program;
    private final Program withLogits;
    private final Step step;
    private final SplittableRandom random = new SplittableRandom(1);
    private final int vocabulary;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    /**
     * Decode steps.
     *
     * @param seconds of each
     * @param processorSeconds the calling thread's share of a processor, mean of all
     */
    record Steps(double[] seconds, double processorSeconds) {
        double median() {
            return DeviceRates.median(seconds);
        }
    }

    ModelRun(Device device, OpenModel model, Scale scale, int context) {
        this.scale = scale;
        vocabulary = model.model().vocabSize();
        program = device.compile(
                model.model().graph(GraphOptions.DEFAULT.withPicks()),
                new ProgramOptions(scale.chunk(), scale.mostRows(), context));
        try {
            withLogits =
                    program.companion(model.model().graph(GraphOptions.DEFAULT), new ProgramOptions(1, 1, context));
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
        step = new Step(scale.chunk());
    }

    /** The program whose picks are made on the device. */
    Program program() {
        return program;
    }

    /** The same over the same caches, with logits that come to the host. */
    Program withLogits() {
        return withLogits;
    }

    /** A sequence whose tokens have been computed. */
    Sequence computed(int tokens) {
        Sequence s = program.newSequence();
        prefill(s, tokens);
        return s;
    }

    private void prefill(Sequence s, int tokens) {
        while (s.length() < tokens) {
            int rows = Math.min(scale.chunk(), tokens - s.length());
            step.clear().add(s, rows);
            if (s.length() + rows == tokens) {
                step.want(rows - 1);
            }
            run(program, rows);
        }
    }

    /** Appends rows of one sequence to another, over and over: they cost the same as any others. */
    static void repeat(Sequence from, int rows, Sequence to, int until) {
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> all = new ArrayList<>();
            for (State state : from.states()) {
                MemorySegment data = arena.allocate((long) rows * from.rowBytes(state), 64);
                from.copyOut(state, 0, rows, data);
                all.add(data);
            }
            while (to.length() < until) {
                to.append(Math.min(rows, until - to.length()), all);
            }
        }
    }

    /** Steps of one row for each sequence, all of which have one length and get it back. */
    Steps decode(Program p, List<Sequence> sequences) {
        int length = sequences.getFirst().length();
        long warm = System.nanoTime();
        do {
            for (int i = 0; i < scale.steps(); i++) {
                decodeOnce(p, sequences);
            }
            sequences.forEach(s -> s.truncate(length));
        } while (System.nanoTime() - warm < scale.warmNanos());
        double[] seconds = new double[scale.steps() * scale.repetitions()];
        long processor = 0;
        for (int r = 0; r < scale.repetitions(); r++) {
            long before = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < scale.steps(); i++) {
                long start = System.nanoTime();
                decodeOnce(p, sequences);
                seconds[r * scale.steps() + i] = (System.nanoTime() - start) / 1e9;
            }
            processor += threads.getCurrentThreadCpuTime() - before;
            sequences.forEach(s -> s.truncate(length));
        }
        return new Steps(seconds, processor / 1e9 / seconds.length);
    }

    private void decodeOnce(Program p, List<Sequence> sequences) {
        step.clear();
        for (int i = 0; i < sequences.size(); i++) {
            step.want(step.add(sequences.get(i), 1));
        }
        run(p, sequences.size());
    }

    private void run(Program p, int rows) {
        MemorySegment tokens = p.input(LanguageModel.TOKENS);
        for (int i = 0; i < rows; i++) {
            tokens.setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(vocabulary));
        }
        p.run(step);
    }

    /** Seconds of a whole prompt, in each repetition. */
    double[] prefillSeconds(int tokens) {
        double[] seconds = new double[scale.repetitions()];
        try (Sequence s = program.newSequence()) {
            for (int r = -1; r < seconds.length; r++) {
                s.truncate(0);
                long start = System.nanoTime();
                prefill(s, tokens);
                if (r >= 0) {
                    seconds[r] = (System.nanoTime() - start) / 1e9;
                }
            }
        }
        return seconds;
    }

    @Override
    public void close() {
        withLogits.close();
        program.close();
    }
}
