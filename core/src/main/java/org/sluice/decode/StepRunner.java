package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Value;
import org.sluice.model.LanguageModel;

/** Runs steps of a model's program, one at a time, on behalf of any number of sessions. Safe for use by several threads. */
public final class StepRunner {
    private final Program program;
    private final MemorySegment tokens;
    private final MemorySegment logits;
    private final @Nullable MemorySegment hidden;
    private final long hiddenBytes;
    private final Step step;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final int vocabSize;

    /** A runner over a program of {@code model}'s graph. */
    public StepRunner(Program program, LanguageModel model) {
        this.program = program;
        tokens = program.input(LanguageModel.TOKENS);
        logits = program.output(LanguageModel.LOGITS);
        Value gives = program.graph().outputs().get(LanguageModel.HIDDEN);
        hidden = gives == null ? null : program.output(LanguageModel.HIDDEN);
        hiddenBytes = gives == null ? 0 : 4L * gives.width();
        step = new Step(program.options().maxRows());
        vocabSize = model.vocabSize();
    }

    /** The program that runs. */
    public Program program() {
        return program;
    }

    /** Most rows of a step. */
    public int maxRows() {
        return program.options().maxRows();
    }

    /** Most rows of a step whose logits can be looked at. */
    public int maxOutputs() {
        return program.options().maxOutputs();
    }

    /** Most tokens of a sequence. */
    public int maxContext() {
        return program.options().maxContext();
    }

    /** Elements of a row of logits. */
    public int vocabSize() {
        return vocabSize;
    }

    /** Bytes of a hidden state; 0 where the program gives none. */
    public long hiddenBytes() {
        return hiddenBytes;
    }

    /**
     * Appends tokens to a sequence.
     *
     * @param ids tokens {@code from} to {@code to−1} are appended
     * @param wantFrom logits are wanted of the rows from this token on
     * @param logitsOut receives them, F32 rows
     * @param hiddenOut receives the hidden states of all rows, or null
     */
    public void append(
            Sequence sequence,
            int[] ids,
            int from,
            int to,
            int wantFrom,
            MemorySegment logitsOut,
            @Nullable MemorySegment hiddenOut) {
        lock.lock();
        try {
            step.clear().add(sequence, to - from);
            for (int i = wantFrom; i < to; i++) {
                step.want(i - from);
            }
            MemorySegment.copy(ids, from, tokens, ValueLayout.JAVA_INT, 0, to - from);
            program.run(step);
            MemorySegment.copy(logits, 0, logitsOut, 0, 4L * vocabSize * Math.max(0, to - wantFrom));
            if (hiddenOut != null && hidden != null) {
                MemorySegment.copy(hidden, 0, hiddenOut, 0, hiddenBytes * (to - from));
            }
        } finally {
            lock.unlock();
        }
    }
}
