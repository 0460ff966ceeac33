package org.sluice.tests.batch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/** A model's program whose steps several sequences share. */
final class Batch implements AutoCloseable {
    private final OpenModel model;
    private final Device device;
    private final Program program;
    private final Step step;

    Batch(Path folder, DeviceOptions options, int rows, int context) {
        model = Models.open(folder);
        device = Backends.open(options);
        program = device.compile(model.model().graph(GraphOptions.DEFAULT), new ProgramOptions(rows, rows, context));
        step = new Step(rows);
    }

    /**
     * The next {@code n} tokens of a sequence.
     *
     * @param tokens all its tokens; those at its length and after are next
     * @param logits takes the logits of each row at its position, or null where nobody wants them
     */
    record Part(Sequence sequence, int[] tokens, int n, float @Nullable [][] logits) {}

    int vocabulary() {
        return model.model().vocabSize();
    }

    Sequence newSequence() {
        return program.newSequence();
    }

    /** Runs one step. */
    void step(Part... parts) {
        step.clear();
        int[] from = new int[parts.length];
        MemorySegment input = program.input(LanguageModel.TOKENS);
        for (int i = 0; i < parts.length; i++) {
            Part p = parts[i];
            from[i] = p.sequence.length();
            int first = step.add(p.sequence, p.n);
            MemorySegment.copy(p.tokens, from[i], input, ValueLayout.JAVA_INT, 4L * first, p.n);
            for (int r = 0; r < p.n && p.logits != null; r++) {
                step.want(first + r);
            }
        }
        program.run(step);
        int vocabulary = vocabulary();
        MemorySegment output = program.output(LanguageModel.LOGITS);
        int at = 0;
        for (int i = 0; i < parts.length; i++) {
            float[][] rows = parts[i].logits;
            for (int r = 0; r < parts[i].n && rows != null; r++, at++) {
                float[] row = new float[vocabulary];
                MemorySegment.copy(output, ValueLayout.JAVA_FLOAT, 4L * at * vocabulary, row, 0, vocabulary);
                rows[from[i] + r] = row;
            }
        }
    }

    @Override
    public void close() {
        program.close();
        device.close();
        model.close();
    }
}
