package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.ReentrantLock;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.DraftGraphs;
import org.sluice.model.LanguageModel;

/** The two programs of a multi-token-prediction layer, run for any number of sessions. Safe for use by several threads. */
public final class MtpRunner implements AutoCloseable {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final Program context;
    private final Program ahead;
    private final Step step;
    private final Step aheadStep = new Step(1);
    private final int hiddenBytes;
    private final int selectionBytes;
    private final int vocabulary;
    private final ReentrantLock lock = new ReentrantLock(true);

    /** Compiles the layer. */
    public MtpRunner(Device device, DraftGraphs graphs, int vocabulary, int maxRows, int maxContext) {
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
        this.vocabulary = vocabulary;
    }

    /** What a session has to keep from step to step. */
    final class Drafting {
        final Sequence sequence = context.newSequence();
        private final MemorySegment recycled = MemorySegment.ofArray(new float[hiddenBytes / 4]);
        private final MemorySegment selection = MemorySegment.ofArray(new int[selectionBytes / 4]);
        private int draft = -1;
        private int drawable = vocabulary;

        /** Only tokens below {@code n} are guessed. */
        void limit(int n) {
            drawable = Math.min(vocabulary, n);
        }

        /** The guess behind the newest observed row, or −1. */
        int draft() {
            return draft;
        }

        void forget() {
            draft = -1;
        }

        /** Appends rows {@code from} to {@code to−1}; row p takes the token at p+1 and the trunk's hidden state of p. */
        void append(int[] tokens, int from, int to, MemorySegment hidden, long offset) {
            lock.lock();
            try {
                for (int at = from; at < to; ) {
                    int n = Math.min(to - at, context.options().maxRows());
                    MemorySegment.copy(tokens, at + 1, context.input(LanguageModel.TOKENS), INT, 0, n);
                    MemorySegment.copy(
                            hidden,
                            offset + (long) (at - from) * hiddenBytes,
                            context.input(LanguageModel.HIDDEN),
                            0,
                            (long) n * hiddenBytes);
                    step.clear().add(sequence, n);
                    step.want(n - 1);
                    context.run(step);
                    at += n;
                    if (at == to) {
                        take(context, (long) (n - 1) * selectionBytes);
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        /** The guess behind the last guess, standing at {@code position}. */
        int next(int position) {
            lock.lock();
            try {
                ahead.input(LanguageModel.TOKENS).set(INT, 0, draft);
                MemorySegment.copy(recycled, 0, ahead.input(LanguageModel.HIDDEN), 0, hiddenBytes);
                MemorySegment.copy(selection, 0, ahead.input(DraftGraphs.SELECTION), 0, selectionBytes);
                aheadStep.clear().addDetached(sequence, 1, position);
                aheadStep.want(0);
                ahead.run(aheadStep);
                take(ahead, -1);
                return draft;
            } finally {
                lock.unlock();
            }
        }

        private void take(Program p, long selectionAt) {
            MemorySegment.copy(p.output(DraftGraphs.RECYCLED), 0, recycled, 0, hiddenBytes);
            if (selectionAt >= 0) {
                MemorySegment.copy(p.output(DraftGraphs.SELECTION), selectionAt, selection, 0, selectionBytes);
            }
            MemorySegment logits = p.output(LanguageModel.LOGITS);
            int best = 0;
            float top = logits.get(FLOAT, 0);
            for (int t = 1; t < drawable; t++) {
                float v = logits.getAtIndex(FLOAT, t);
                if (v > top) {
                    top = v;
                    best = t;
                }
            }
            draft = best;
        }
    }

    @Override
    public void close() {
        ahead.close();
        context.close();
    }
}
