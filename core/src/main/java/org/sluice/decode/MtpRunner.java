package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;
import org.sluice.model.DraftGraphs;
import org.sluice.model.LanguageModel;

/**
 * The programs of a multi-token-prediction layer, run for any number of sessions; those that ask at the same time share
 * their steps, and no result depends on that. Safe for use by several threads.
 */
public final class MtpRunner implements AutoCloseable {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final Program context;
    /** Null where later drafts are rows of {@link #context}. */
    private final @Nullable Program ahead;

    private final Step step;
    private final Step aheadStep;
    private final int parallel;
    private final long hiddenBytes;
    private final long selectionBytes;
    /** Bytes of a prediction's logits; 0 where the graphs give none. */
    private final long predictedBytes;

    private final Ports contextPorts;
    private final Ports aheadPorts;
    private final DraftQueue<Work> queue = new DraftQueue<>(this::compute);

    /** A layer for one session at a time. */
    public MtpRunner(Device device, DraftGraphs graphs, int maxRows, int maxContext) {
        this(device, graphs, maxRows, 1, maxContext);
    }

    /**
     * Compiles the layer.
     *
     * @param parallel sessions that can share a step's predictions
     */
    public MtpRunner(Device device, DraftGraphs graphs, int maxRows, int parallel, int maxContext) {
        this.parallel = Math.min(parallel, maxRows);
        context = device.compile(graphs.context(), new ProgramOptions(maxRows, this.parallel, maxContext));
        try {
            Graph own = graphs.ahead();
            ahead = own == null
                    ? null
                    : context.companion(own, new ProgramOptions(this.parallel, this.parallel, maxContext));
        } catch (RuntimeException | Error e) {
            context.close();
            throw e;
        }
        step = new Step(maxRows);
        aheadStep = new Step(this.parallel);
        hiddenBytes = 4L * graphs.hiddenSize();
        selectionBytes = 4L * graphs.selectionWidth();
        Value logits = graphs.context().outputs().get(LanguageModel.LOGITS);
        predictedBytes = logits == null ? 0 : 4L * logits.width();
        contextPorts = Ports.of(context);
        aheadPorts = ahead == null ? contextPorts : Ports.of(ahead);
    }

    /** Where a program takes and gives what both have. */
    private record Ports(
            MemorySegment tokens,
            MemorySegment hidden,
            MemorySegment draft,
            MemorySegment recycled,
            MemorySegment logits) {
        static Ports of(Program p) {
            return new Ports(
                    p.input(LanguageModel.TOKENS),
                    p.input(LanguageModel.HIDDEN),
                    p.output(DraftGraphs.DRAFT),
                    p.output(DraftGraphs.RECYCLED),
                    p.graph().outputs().containsKey(LanguageModel.LOGITS)
                            ? p.output(LanguageModel.LOGITS)
                            : MemorySegment.NULL);
        }
    }

    /** The layer's programs, for measurements: context first. */
    public Program[] programs() {
        return ahead == null ? new Program[] {context} : new Program[] {context, ahead};
    }

    private abstract static sealed class Work extends DraftQueue.Work {}

    /** Rows {@code at} to {@code to−1}, of which the first {@code from} were the first to be appended. */
    private static final class Append extends Work {
        private final Drafting drafting;
        private final int[] tokens;
        private final int from;
        private final int to;
        private final MemorySegment hidden;
        private final boolean predict;
        private int at;
        private int firstRow;
        private int rows;
        private int output;

        Append(Drafting drafting, int[] tokens, int from, int to, MemorySegment hidden, boolean predict) {
            this.drafting = drafting;
            this.tokens = tokens;
            this.from = from;
            this.to = to;
            this.hidden = hidden;
            this.predict = predict;
            at = from;
        }
    }

    private static final class Guess extends Work {
        private final Drafting drafting;
        /** Rows that are certain. */
        private final int certain;

        private final @Nullable DraftPicker picker;
        private final int[] drafts;
        private int n;

        Guess(Drafting drafting, int n, @Nullable DraftPicker picker, int[] drafts) {
            this.drafting = drafting;
            certain = drafting.sequence.length();
            this.n = n;
            this.picker = picker;
            this.drafts = drafts;
        }

        boolean goesOn(int i) {
            return failure == null && i < n;
        }
    }

    /** What a session has to keep from step to step. */
    final class Drafting {
        Sequence sequence = context.newSequence();
        private final MemorySegment recycled = MemorySegment.ofArray(new float[(int) (hiddenBytes / 4)]);
        /** {@link #recycled} as it runs ahead. */
        private final MemorySegment state = MemorySegment.ofArray(new float[(int) (hiddenBytes / 4)]);

        private final MemorySegment selection = MemorySegment.ofArray(new int[(int) (selectionBytes / 4)]);
        /** Prediction behind the newest row; empty where the graphs give none. */
        private final MemorySegment logits = MemorySegment.ofArray(new float[(int) (predictedBytes / 4)]);

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
            queue.run(new Append(this, tokens, from, to, hidden, predict));
        }

        /**
         * Guesses {@code n} tokens: the first behind the newest row, each other behind the guess before it, which stands at
         * the position after the newest row's, and so on.
         *
         * @return how many there are: fewer where memory is short
         */
        int guess(int n, @Nullable DraftPicker picker, int[] drafts) {
            drafts[0] = picker == null ? draft : picker.pick(0, logits);
            if (n == 1) {
                return 1;
            }
            Guess g = new Guess(this, n, picker, drafts);
            try {
                queue.run(g);
            } finally {
                sequence.truncate(g.certain);
            }
            return g.n;
        }
    }

    private void compute(List<Work> works) {
        List<Append> appends = new ArrayList<>();
        List<Guess> guesses = new ArrayList<>();
        for (Work w : works) {
            switch (w) {
                case Append a -> appends.add(a);
                case Guess g -> guesses.add(g);
            }
        }
        append(appends);
        for (int i = 0; i < guesses.size(); i += parallel) {
            guess(guesses.subList(i, Math.min(guesses.size(), i + parallel)));
        }
    }

    private void append(List<Append> all) {
        while (true) {
            List<Append> part = fill(all);
            if (part.isEmpty()) {
                return;
            }
            try {
                context.run(step);
            } catch (RuntimeException e) {
                if (part.size() == 1) {
                    part.getFirst().failure = e;
                } else {
                    part.forEach(a -> append(List.of(a)));
                }
                continue;
            }
            part.forEach(this::take);
        }
    }

    /** Lays out a step for those that are not through; returns them. */
    private List<Append> fill(List<Append> all) {
        List<Append> part = new ArrayList<>();
        step.clear();
        int rows = 0;
        for (Append a : all) {
            a.rows = a.failure == null ? Math.min(a.to - a.at, context.options().maxRows() - rows) : 0;
            a.output = -1;
            if (a.rows == 0) {
                continue;
            }
            boolean predicts = a.predict && a.at + a.rows == a.to;
            if (predicts && step.outputs() == parallel) {
                // its last row waits for the next step
                a.rows--;
                predicts = false;
            }
            if (a.rows == 0 || !reserve(a)) {
                continue;
            }
            a.firstRow = rows;
            step.add(a.drafting.sequence, a.rows);
            if (predicts) {
                a.output = step.want(rows + a.rows - 1);
            }
            MemorySegment.copy(a.tokens, a.at + 1, contextPorts.tokens, INT, 4L * rows, a.rows);
            MemorySegment.copy(
                    a.hidden,
                    (a.at - a.from) * hiddenBytes,
                    contextPorts.hidden,
                    rows * hiddenBytes,
                    a.rows * hiddenBytes);
            rows += a.rows;
            part.add(a);
        }
        return part;
    }

    /** One that finds no memory must not keep the others from theirs. */
    private static boolean reserve(Append a) {
        try {
            a.drafting.sequence.reserve(a.rows);
            return true;
        } catch (RuntimeException e) {
            a.failure = e;
            return false;
        }
    }

    private void take(Append a) {
        a.at += a.rows;
        if (a.output < 0) {
            return;
        }
        Drafting d = a.drafting;
        d.draft = contextPorts.draft.getAtIndex(INT, a.output);
        MemorySegment.copy(contextPorts.recycled, a.output * hiddenBytes, d.recycled, 0, hiddenBytes);
        long lastRow = a.firstRow + a.rows - 1L;
        if (ahead != null) {
            MemorySegment.copy(
                    context.output(DraftGraphs.SELECTION), lastRow * selectionBytes, d.selection, 0, selectionBytes);
        }
        MemorySegment.copy(contextPorts.logits, a.output * predictedBytes, d.logits, 0, predictedBytes);
    }

    private void guess(List<Guess> all) {
        for (Guess g : all) {
            MemorySegment.copy(g.drafting.recycled, 0, g.drafting.state, 0, hiddenBytes);
        }
        guess(all, 1);
    }

    private void guess(List<Guess> all, int from) {
        for (int i = from; ; i++) {
            int next = i;
            List<Guess> part =
                    all.stream().filter(g -> g.goesOn(next) && hasRoom(g, next)).toList();
            if (part.isEmpty()) {
                return;
            }
            try {
                runAhead(part, i);
            } catch (RuntimeException e) {
                if (part.size() == 1) {
                    part.getFirst().failure = e;
                } else {
                    part.forEach(g -> guess(List.of(g), next));
                    return;
                }
            }
        }
    }

    /** Whether there is memory for the row of the draft before, where it needs any; a chain ends where there is none. */
    private boolean hasRoom(Guess g, int i) {
        if (ahead == null) {
            try {
                g.drafting.sequence.reserve(1);
            } catch (MemoryLimitException e) {
                g.n = i;
                return false;
            }
        }
        return true;
    }

    private void runAhead(List<Guess> part, int i) {
        if (ahead == null) {
            runBehind(part, i);
        } else {
            runDetached(ahead, part, i);
        }
        for (int r = 0; r < part.size(); r++) {
            Guess g = part.get(r);
            MemorySegment.copy(aheadPorts.recycled, r * hiddenBytes, g.drafting.state, 0, hiddenBytes);
            try {
                g.drafts[i] = g.picker == null
                        ? aheadPorts.draft.getAtIndex(INT, r)
                        : g.picker.pick(i, aheadPorts.logits.asSlice(r * predictedBytes, predictedBytes));
            } catch (RuntimeException e) {
                g.failure = e;
            }
        }
    }

    /** The drafts before are rows that nobody appends: they look where the newest certain row did. */
    private void runDetached(Program program, List<Guess> part, int i) {
        MemorySegment selections = program.input(DraftGraphs.SELECTION);
        aheadStep.clear();
        for (int r = 0; r < part.size(); r++) {
            Guess g = part.get(r);
            give(g, i, r);
            MemorySegment.copy(g.drafting.selection, 0, selections, r * selectionBytes, selectionBytes);
            aheadStep.addDetached(g.drafting.sequence, 1, g.certain + i - 1);
            aheadStep.want(r);
        }
        program.run(aheadStep);
    }

    /** The drafts before are rows like any others, until the round is over. */
    private void runBehind(List<Guess> part, int i) {
        step.clear();
        for (int r = 0; r < part.size(); r++) {
            Guess g = part.get(r);
            give(g, i, r);
            step.add(g.drafting.sequence, 1);
            step.want(r);
        }
        context.run(step);
    }

    private void give(Guess g, int i, int row) {
        aheadPorts.tokens.setAtIndex(INT, row, g.drafts[i - 1]);
        MemorySegment.copy(g.drafting.state, 0, aheadPorts.hidden, row * hiddenBytes, hiddenBytes);
    }

    @Override
    public void close() {
        if (ahead != null) {
            ahead.close();
        }
        context.close();
    }
}
