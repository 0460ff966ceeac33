package org.sluice.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Graph;
import org.sluice.graph.GraphBuilder;
import org.sluice.graph.State;
import org.sluice.graph.Value;
import org.sluice.tensor.Shape;
import org.sluice.tensor.TensorSpec;
import org.sluice.tests.Devices;

/** Contexts so long that threads share a selection: it must be the one that sorting gives, whatever falls where. */
class LongSelectionTest {
    private static final int WIDTH = 16;
    private static final int HEADS = 2;
    /** Three parts and more for the smallest selections (600 have larger parts, 5,000 a single one), and rows on both sides of the beginning of a fourth. */
    private static final int CONTEXT = 3 * 16_384 + 2;

    private static final int ROWS = 5;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    @ParameterizedTest
    @CsvSource({
        "cpu:vector, 1, true",
        "cpu:vector, 64, true",
        "cpu:vector, 600, false",
        "cpu:vector, 5000, true",
        "cpu:native, 1, true",
        "cpu:native, 64, true",
        "cpu:native, 64, false",
        "cpu:native, 600, true",
        "cpu:native, 5000, false"
    })
    void isThatOfASort(String selector, int k, boolean ties) {
        Assumptions.assumeTrue(Devices.present().contains(selector), "not on this machine");
        SplittableRandom random = new SplittableRandom(k);
        ProgramOptions limits = new ProgramOptions(ROWS, ROWS, CONTEXT);
        try (Device device = Backends.open(DeviceOptions.of(selector).withThreads(3));
                Arena arena = Arena.ofConfined();
                Program fused = device.compile(graph(k, false), limits);
                Program shown = fused.companion(graph(k, true), limits);
                Sequence s = fused.newSequence()) {
            fill(s, arena, random, ties);
            float[] query = numbers(random, ROWS * HEADS * WIDTH, ties);
            float[] weights = numbers(random, ROWS * HEADS, ties);
            Step step = new Step(ROWS);
            step.addDetached(s, ROWS, CONTEXT - ROWS);
            for (Program p : List.of(fused, shown)) {
                MemorySegment.copy(query, 0, p.input("query"), FLOAT, 0, query.length);
                MemorySegment.copy(weights, 0, p.input("weights"), FLOAT, 0, weights.length);
                p.run(step);
            }
            for (int r = 0; r < ROWS; r++) {
                int[] expected = sorted(shown.output("scores").asSlice(4L * CONTEXT * r), CONTEXT - ROWS + r + 1, k);
                assertThat(selected(shown, r, k)).as("row " + r).isEqualTo(expected);
                assertThat(selected(fused, r, k)).as("fused, row " + r).isEqualTo(expected);
            }
        }
    }

    private static Graph graph(int k, boolean shown) {
        GraphBuilder g = new GraphBuilder();
        State.IndexKeyCache keys = g.indexKeyCache("keys", WIDTH);
        Value query = g.input("query", TensorSpec.f32(Shape.ROWS, HEADS * WIDTH));
        Value weights = g.input("weights", TensorSpec.f32(Shape.ROWS, HEADS));
        Value scores = g.indexScores(query, weights, keys, 0.25f);
        if (shown) {
            g.output("scores", scores);
        }
        g.output("selected", g.selectTopK(scores, k));
        return g.build();
    }

    private static void fill(Sequence s, Arena arena, SplittableRandom random, boolean ties) {
        float[] keys = numbers(random, CONTEXT * WIDTH, ties);
        s.append(CONTEXT, List.of(arena.allocateFrom(FLOAT, keys)));
    }

    /** Small whole numbers make equal scores, any numbers hardly ever. */
    private static float[] numbers(SplittableRandom random, int n, boolean whole) {
        float[] all = new float[n];
        for (int i = 0; i < n; i++) {
            all[i] = whole ? random.nextInt(-1, 2) : (float) random.nextDouble(-1, 1);
        }
        return all;
    }

    private static int[] sorted(MemorySegment scores, int context, int k) {
        return IntStream.range(0, context)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -(scores.getAtIndex(FLOAT, i) + 0.0)))
                .limit(k)
                .mapToInt(i -> i)
                .sorted()
                .toArray();
    }

    private static int[] selected(Program p, int row, int k) {
        return p.output("selected").asSlice(4L * k * row, 4L * k).toArray(ValueLayout.JAVA_INT);
    }
}
