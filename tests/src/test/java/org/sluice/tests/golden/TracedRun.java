package org.sluice.tests.golden;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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

/** A model compiled with everything that happens inside it as outputs, to be compared value by value. */
final class TracedRun implements AutoCloseable {
    private static final int MAX_CONTEXT = 400;

    private final OpenModel model;
    private final Device device;
    private final Program program;

    TracedRun(Golden golden, DeviceOptions options) {
        model = Models.open(golden.folder());
        device = Backends.open(options);
        Graph graph = model.model().graph(new GraphOptions(true, false, false));
        program = device.compile(graph, new ProgramOptions(MAX_CONTEXT, MAX_CONTEXT, MAX_CONTEXT));
    }

    /** Runs a prompt in chunks and returns every output, rows joined: float[] or int[] by name. */
    Map<String, Object> run(int[] tokens, int chunk) {
        Map<String, Object> all = new LinkedHashMap<>();
        program.graph().outputs().forEach((name, v) -> {
            int n = tokens.length * v.width();
            all.put(name, v.dtype() == DType.I32 ? new int[n] : new float[n]);
        });
        try (Sequence s = program.newSequence()) {
            Step step = new Step(MAX_CONTEXT);
            for (int at = 0; at < tokens.length; at += chunk) {
                int n = Math.min(chunk, tokens.length - at);
                step(step, s, tokens, at, n);
                for (Map.Entry<String, Value> out : program.graph().outputs().entrySet()) {
                    int w = out.getValue().width();
                    MemorySegment from = program.output(out.getKey());
                    switch (Objects.requireNonNull(all.get(out.getKey()))) {
                        case int[] a -> MemorySegment.copy(from, ValueLayout.JAVA_INT, 0, a, at * w, n * w);
                        case float[] a -> MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, a, at * w, n * w);
                        default -> throw new AssertionError();
                    }
                }
            }
        }
        return all;
    }

    /** Continues a prompt greedily. */
    int[] greedy(int[] prompt, int n) {
        int[] tokens = Arrays.copyOf(prompt, prompt.length + n);
        try (Sequence s = program.newSequence()) {
            Step step = new Step(MAX_CONTEXT);
            int rows = prompt.length;
            for (int at = prompt.length; at < tokens.length; at++) {
                step(step, s, tokens, at - rows, rows);
                tokens[at] = argMax(rows - 1);
                rows = 1;
            }
        }
        return Arrays.copyOfRange(tokens, prompt.length, tokens.length);
    }

    private void step(Step step, Sequence s, int[] tokens, int at, int n) {
        step.clear().add(s, n);
        for (int r = 0; r < n; r++) {
            step.want(r);
        }
        MemorySegment.copy(tokens, at, program.input(LanguageModel.TOKENS), ValueLayout.JAVA_INT, 0, n);
        program.run(step);
    }

    private int argMax(int row) {
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

    @Override
    public void close() {
        program.close();
        device.close();
        model.close();
    }
}
