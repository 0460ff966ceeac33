package org.sluice.tests.mtp;

import static java.util.Objects.requireNonNull;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.model.DraftGraphs;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.Fixtures;

/** The draft layer's two programs without the session around them, fed with given hidden states. */
final class LayerRun implements AutoCloseable {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    final int width;
    final int selectionWidth;
    private final int vocabulary;
    private final int maxRows;
    private final OpenModel model;
    private final Device device;
    private final Program context;
    private final Program ahead;
    private final Step step;

    LayerRun(DeviceOptions options, int maxRows) {
        this.maxRows = maxRows;
        model = Models.open(Fixtures.demoModel());
        device = Backends.open(options);
        DraftGraphs graphs = model.model().drafts(DraftGraphs.Head.FULL).orElseThrow();
        context = device.compile(graphs.context(), new ProgramOptions(maxRows, maxRows, maxRows));
        ahead = context.companion(requireNonNull(graphs.ahead()), new ProgramOptions(1, 1, maxRows));
        step = new Step(maxRows);
        width = graphs.hiddenSize();
        selectionWidth = graphs.selectionWidth();
        vocabulary = model.model().vocabSize();
    }

    /** What the context graph gives for rows 0 to n−1. */
    record Rows(float[] hidden, float[] logits, int[] selected, int[] drafts) {}

    /** Runs all rows that have a next token, {@code chunk} at a time. */
    Rows run(int[] tokens, float[] hidden, int chunk) {
        int n = tokens.length - 1;
        Rows all = new Rows(new float[n * width], new float[n * vocabulary], new int[n * selectionWidth], new int[n]);
        try (Sequence s = context.newSequence()) {
            for (int at = 0; at < n; at += chunk) {
                int rows = Math.min(chunk, n - at);
                append(s, tokens, hidden, at, rows);
                copy(context.output(DraftGraphs.RECYCLED), all.hidden, at * width, rows * width);
                copy(context.output(LanguageModel.LOGITS), all.logits, at * vocabulary, rows * vocabulary);
                MemorySegment.copy(
                        context.output(DraftGraphs.SELECTION),
                        INT,
                        0,
                        all.selected,
                        at * selectionWidth,
                        rows * selectionWidth);
                MemorySegment.copy(context.output(DraftGraphs.DRAFT), INT, 0, all.drafts, at, rows);
            }
        }
        return all;
    }

    /** For every anchor p the greedy drafts behind rows 0 to p and token p+1, one chain behind the other. */
    int[] chains(int[] tokens, float[] hidden, int[] anchors, int length) {
        int[] all = new int[anchors.length * length];
        try (Sequence s = context.newSequence()) {
            for (int a = 0; a < anchors.length; a++) {
                int p = anchors[a];
                s.truncate(Math.min(s.length(), p));
                append(s, tokens, hidden, s.length(), p + 1 - s.length());
                int last = step.rows() - 1;
                int draft = context.output(DraftGraphs.DRAFT).getAtIndex(INT, last);
                MemorySegment state = context.output(DraftGraphs.RECYCLED).asSlice(4L * last * width, 4L * width);
                MemorySegment.copy(
                        context.output(DraftGraphs.SELECTION),
                        4L * last * selectionWidth,
                        ahead.input(DraftGraphs.SELECTION),
                        0,
                        4L * selectionWidth);
                for (int i = 0; ; i++) {
                    all[a * length + i] = draft;
                    if (i + 1 == length) {
                        break;
                    }
                    MemorySegment.copy(state, 0, ahead.input(LanguageModel.HIDDEN), 0, 4L * width);
                    ahead.input(LanguageModel.TOKENS).set(INT, 0, draft);
                    step.clear().addDetached(s, 1, p + 1 + i);
                    step.want(0);
                    ahead.run(step);
                    draft = ahead.output(DraftGraphs.DRAFT).get(INT, 0);
                    state = ahead.output(DraftGraphs.RECYCLED);
                }
            }
        }
        return all;
    }

    private void append(Sequence s, int[] tokens, float[] hidden, int at, int rows) {
        step.clear().add(s, rows);
        for (int r = 0; r < rows; r++) {
            step.want(r);
        }
        MemorySegment.copy(tokens, at + 1, context.input(LanguageModel.TOKENS), INT, 0, rows);
        MemorySegment.copy(hidden, at * width, context.input(LanguageModel.HIDDEN), FLOAT, 0, rows * width);
        context.run(step);
    }

    private static void copy(MemorySegment from, float[] to, int at, int n) {
        MemorySegment.copy(from, FLOAT, 0, to, at, n);
    }

    int maxRows() {
        return maxRows;
    }

    int vocabulary() {
        return vocabulary;
    }

    @Override
    public void close() {
        ahead.close();
        context.close();
        device.close();
        model.close();
    }
}
