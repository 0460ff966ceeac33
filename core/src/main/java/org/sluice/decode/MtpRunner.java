package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Value;
import org.sluice.model.DraftGraphs;
import org.sluice.model.LanguageModel;

/** The two programs of a multi-token-prediction layer, run for any number of sessions. Safe for use by several threads. */
public final class MtpRunner implements AutoCloseable {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final Program context;
    private final Program ahead;
    private final Step step;
    private final Step aheadStep = new Step(1);
    private final int hiddenBytes;
    private final int selectionBytes;
    /** Logits of a prediction; 0 where the graphs give none. */
    private final int predicted;

    private final ReentrantLock lock = new ReentrantLock(true);

    /** Compiles the layer. */
    public MtpRunner(Device device, DraftGraphs graphs, int maxRows, int maxContext) {
        context = device.compile(graphs.context(), new ProgramOptions(maxRows, 1, maxContext));
        try {
            ahead = context.companion(graphs.ahead(), new ProgramOptions(1, 1, maxContext));
        } catch (RuntimeException | Error e) {
            context.close();
            throw e;
        }
        step = new Step(maxRows);
        hiddenBytes = 4 * graphs.hiddenSize();
        selectionBytes = 4 * graphs.selectionWidth();
        Value logits = graphs.context().outputs().get(LanguageModel.LOGITS);
        predicted = logits == null ? 0 : logits.width();
    }

    /** The layer's programs, for measurements: context first. */
    public Program[] programs() {
        return new Program[] {context, ahead};
    }

    /** What a session has to keep from step to step. */
    final class Drafting {
        Sequence sequence = context.newSequence();
        private final MemorySegment recycled = MemorySegment.ofArray(new float[hiddenBytes / 4]);
        private final MemorySegment selection = MemorySegment.ofArray(new int[selectionBytes / 4]);
        /** Prediction behind the newest row; empty where the graphs give none. */
        private final MemorySegment logits = MemorySegment.ofArray(new float[predicted]);

        private int draft = -1;

        /** Whether there is a prediction behind the newest row. */
        boolean ready() {
            return draft >= 0;
        }

        void forget() {
            draft = -1;
        }

        /**
         * Appends rows {@code from} to {@code to−1}; row p takes the token at p+1 and the trunk's hidden state of p.
         *
         * @param predict whether the last row is to predict
         */
        void append(int[] tokens, int from, int to, MemorySegment hidden, boolean predict) {
            lock.lock();
            try {
                for (int at = from; at < to; ) {
                    int n = Math.min(to - at, context.options().maxRows());
                    MemorySegment.copy(tokens, at + 1, context.input(LanguageModel.TOKENS), INT, 0, n);
                    long offset = (long) (at - from) * hiddenBytes;
                    MemorySegment.copy(hidden, offset, context.input(LanguageModel.HIDDEN), 0, (long) n * hiddenBytes);
                    step.clear().add(sequence, n);
                    at += n;
                    boolean last = predict && at == to;
                    if (last) {
                        step.want(n - 1);
                    }
                    context.run(step);
                    if (last) {
                        keep(n - 1);
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        private void keep(int row) {
            draft = context.output(DraftGraphs.DRAFT).get(INT, 0);
            MemorySegment.copy(context.output(DraftGraphs.RECYCLED), 0, recycled, 0, hiddenBytes);
            MemorySegment.copy(
                    context.output(DraftGraphs.SELECTION), (long) row * selectionBytes, selection, 0, selectionBytes);
            if (predicted > 0) {
                MemorySegment.copy(context.output(LanguageModel.LOGITS), 0, logits, 0, logits.byteSize());
            }
        }

        /**
         * Guesses {@code n} tokens: the first behind the newest row, each other behind the guess before it, which stands at
         * the position after the newest row's, and so on.
         */
        void guess(int n, @Nullable DraftPicker picker, int[] drafts) {
            drafts[0] = picker == null ? draft : picker.pick(0, logits);
            if (n == 1) {
                return;
            }
            int position = sequence.length();
            lock.lock();
            try {
                MemorySegment state = ahead.input(LanguageModel.HIDDEN);
                MemorySegment.copy(recycled, 0, state, 0, hiddenBytes);
                MemorySegment.copy(selection, 0, ahead.input(DraftGraphs.SELECTION), 0, selectionBytes);
                for (int i = 1; i < n; i++) {
                    ahead.input(LanguageModel.TOKENS).set(INT, 0, drafts[i - 1]);
                    aheadStep.clear().addDetached(sequence, 1, position + i - 1);
                    aheadStep.want(0);
                    ahead.run(aheadStep);
                    drafts[i] = picker == null
                            ? ahead.output(DraftGraphs.DRAFT).get(INT, 0)
                            : picker.pick(i, row(ahead.output(LanguageModel.LOGITS)));
                    MemorySegment.copy(ahead.output(DraftGraphs.RECYCLED), 0, state, 0, hiddenBytes);
                }
            } finally {
                lock.unlock();
            }
        }

        private MemorySegment row(MemorySegment all) {
            return all.asSlice(0, logits.byteSize());
        }
    }

    @Override
    public void close() {
        ahead.close();
        context.close();
    }
}
