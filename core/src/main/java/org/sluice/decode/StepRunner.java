package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.locks.ReentrantLock;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.LanguageModel;

/** Runs steps of a model's program, one at a time, on behalf of any number of sessions. Safe for use by several threads. */
public final class StepRunner {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Program program;
    private final MemorySegment tokens;
    private final MemorySegment logits;
    private final Step step;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final int vocabSize;

    /** A runner over a program of {@code model}'s graph. */
    public StepRunner(Program program, LanguageModel model) {
        this.program = program;
        tokens = program.input(LanguageModel.TOKENS);
        logits = program.output(LanguageModel.LOGITS);
        step = new Step(program.options().maxRows());
        vocabSize = model.vocabSize();
    }

    /** What happens with the logits of a step while no other step can run. */
    @FunctionalInterface
    public interface LogitsReader {
        /**
         * Reads logits.
         *
         * @param logits F32
         * @param offset bytes before the first logit of the row
         */
        int read(MemorySegment logits, long offset);
    }

    /** The program that runs. */
    public Program program() {
        return program;
    }

    /** Most rows of a step. */
    public int maxRows() {
        return program.options().maxRows();
    }

    /** Most tokens of a sequence. */
    public int maxContext() {
        return program.options().maxContext();
    }

    /** Elements of a row of logits. */
    public int vocabSize() {
        return vocabSize;
    }

    /** Appends tokens {@code from} to {@code to−1} to a sequence without looking at any result. */
    public void append(Sequence sequence, int[] ids, int from, int to) {
        lock.lock();
        try {
            fill(sequence, ids, from, to);
            program.run(step);
        } finally {
            lock.unlock();
        }
    }

    /** Appends tokens to a sequence and reads the logits behind the last one. */
    public int append(Sequence sequence, int[] ids, int from, int to, LogitsReader reader) {
        lock.lock();
        try {
            fill(sequence, ids, from, to);
            step.want(to - from - 1);
            program.run(step);
            return reader.read(logits, 0);
        } finally {
            lock.unlock();
        }
    }

    private void fill(Sequence sequence, int[] ids, int from, int to) {
        step.clear().add(sequence, to - from);
        MemorySegment.copy(ids, from, tokens, INT, 0, to - from);
    }
}
