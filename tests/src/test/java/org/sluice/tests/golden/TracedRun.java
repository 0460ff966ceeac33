package org.sluice.tests.golden;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Graph;
import org.sluice.graph.Value;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tensor.DType;

/** A model compiled with what happens inside it as outputs, to be compared value by value. */
final class TracedRun implements AutoCloseable {
    private static final String SCORES = "scores.";
    private static final String GIVEN = "given.";

    private final OpenModel model;
    private final Device device;
    private final Program program;
    private final Step step;

    /** @param tokens longest sequence, and the largest step */
    TracedRun(Path folder, DeviceOptions options, GraphOptions graphOptions, int tokens) {
        model = Models.open(folder);
        device = Backends.open(options);
        Graph graph = model.model().graph(graphOptions);
        program = device.compile(graph, new ProgramOptions(tokens, tokens, tokens));
        step = new Step(tokens);
    }

    /** Layers whose choice can be given: those with an indexer. */
    List<String> givenLayers() {
        return program.graph().inputs().keySet().stream()
                .filter(n -> n.startsWith(GIVEN))
                .map(n -> n.substring(GIVEN.length()))
                .toList();
    }

    /** Positions an indexer chooses. */
    int topK(String layer) {
        return Objects.requireNonNull(program.graph().outputs().get("selected." + layer))
                .width();
    }

    /** Runs a prompt in chunks. */
    Trace run(int[] tokens, int chunk, Map<String, int[]> given) {
        Trace trace = new Trace(tokens.length);
        try (Sequence s = program.newSequence()) {
            for (int at = 0; at < tokens.length; at += chunk) {
                int n = Math.min(chunk, tokens.length - at);
                step(s, tokens, at, n, given, at);
                collect(trace, at, n);
            }
        }
        return trace;
    }

    /** Appends rows; their given selections begin at row {@code givenFrom} of {@code given}. */
    void step(Sequence s, int[] tokens, int at, int n, Map<String, int[]> given, int givenFrom) {
        step.clear().add(s, n);
        for (int r = 0; r < n; r++) {
            step.want(r);
        }
        MemorySegment.copy(tokens, at, program.input(LanguageModel.TOKENS), ValueLayout.JAVA_INT, 0, n);
        given.forEach((layer, selection) -> {
            int k = topK(layer);
            MemorySegment.copy(selection, givenFrom * k, program.input(GIVEN + layer), ValueLayout.JAVA_INT, 0, n * k);
        });
        program.run(step);
    }

    Sequence newSequence() {
        return program.newSequence();
    }

    /** Adds what the last step put out to a trace, as rows {@code at} to {@code at + n − 1}. */
    void collect(Trace trace, int at, int n) {
        for (Map.Entry<String, Value> out : program.graph().outputs().entrySet()) {
            MemorySegment from = program.output(out.getKey());
            if (out.getKey().startsWith(SCORES)) {
                float[][] rows = trace.scores(out.getKey().substring(SCORES.length()));
                int context = at + n;
                for (int r = 0; r < n; r++) {
                    rows[at + r] = new float[at + r + 1];
                    MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 4L * r * context, rows[at + r], 0, at + r + 1);
                }
            } else if (out.getValue().dtype() == DType.I32) {
                int w = out.getValue().width();
                MemorySegment.copy(from, ValueLayout.JAVA_INT, 0, trace.ints(out.getKey(), w), at * w, n * w);
            } else {
                int w = out.getValue().width();
                MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, trace.floats(out.getKey(), w), at * w, n * w);
            }
        }
    }

    /** The most likely token behind row {@code row} of the last step. */
    int argMax(int row) {
        int vocab = model.model().vocabSize();
        MemorySegment logits = program.output(LanguageModel.LOGITS);
        int best = 0;
        for (int t = 1; t < vocab; t++) {
            if (logits.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * vocab + t)
                    > logits.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * vocab + best)) {
                best = t;
            }
        }
        return best;
    }

    /** A row of the last step's selection. */
    int[] selected(String layer, int row) {
        int k = topK(layer);
        int[] chosen = new int[k];
        MemorySegment.copy(program.output("selected." + layer), ValueLayout.JAVA_INT, 4L * row * k, chosen, 0, k);
        return chosen;
    }

    /** Scores of the only row of the last step, over a context of {@code n}. */
    float[] scores(String layer, int n) {
        float[] all = new float[n];
        MemorySegment.copy(program.output(SCORES + layer), ValueLayout.JAVA_FLOAT, 0, all, 0, n);
        return all;
    }

    @Override
    public void close() {
        program.close();
        device.close();
        model.close();
    }

    /** Everything a prompt left behind, by the names of the graph's outputs. */
    static final class Trace {
        private final int rows;
        private final Map<String, float[]> floats = new LinkedHashMap<>();
        private final Map<String, int[]> ints = new LinkedHashMap<>();
        private final Map<String, float[][]> scores = new LinkedHashMap<>();

        Trace(int rows) {
            this.rows = rows;
        }

        int rows() {
            return rows;
        }

        Map<String, float[]> floats() {
            return floats;
        }

        Map<String, int[]> ints() {
            return ints;
        }

        /** Scores of a layer: for each row those of the positions it sees. */
        float[][] scores(String layer) {
            return scores.computeIfAbsent(layer, l -> new float[rows][]);
        }

        private float[] floats(String name, int width) {
            return floats.computeIfAbsent(name, n -> new float[rows * width]);
        }

        private int[] ints(String name, int width) {
            return ints.computeIfAbsent(name, n -> new int[rows * width]);
        }

        /** Names of all outputs whose bits are not the same. */
        List<String> differences(Trace other) {
            return Stream.of(
                            floats.keySet().stream().filter(n -> !Arrays.equals(floats.get(n), other.floats.get(n))),
                            ints.keySet().stream().filter(n -> !Arrays.equals(ints.get(n), other.ints.get(n))),
                            scores.keySet().stream()
                                    .filter(n -> !Arrays.deepEquals(scores.get(n), other.scores.get(n))))
                    .flatMap(s -> s)
                    .toList();
        }
    }
}
