package org.sluice.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.Graph;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.Emulator;
import org.sluice.tests.Fixtures;

/** Steps as captured graphs: what they compute, when they are captured, what they cost. */
@ExtendWith(Emulated.class)
class CapturedStepsTest {
    private static final int CONTEXT = 1024;
    private static final int VOCABULARY = 200;
    private static final int KERNELS_PER_LAYER = 15;

    /** A program of the demonstration model. */
    private static final class Demo implements AutoCloseable {
        final OpenModel model = Models.open(Fixtures.demoModel());
        final Device device = Backends.open("cuda");
        final Graph graph = model.model().graph(GraphOptions.DEFAULT);
        final Program program = device.compile(graph, new ProgramOptions(128, 16, CONTEXT));
        final Step step = new Step(128);
        final String output = graph.outputs().keySet().iterator().next();
        final long width = graph.outputs().values().iterator().next().width();

        /** Runs rows of some sequences, wants the last of each, and gives the bytes of the first output. */
        byte[] run(List<Sequence> sequences, int[] rows, long seed) {
            Random random = new Random(seed);
            step.clear();
            MemorySegment tokens = program.input(LanguageModel.TOKENS);
            int at = 0;
            for (int i = 0; i < rows.length; i++) {
                step.add(sequences.get(i), rows[i]);
                for (int r = 0; r < rows[i]; r++) {
                    tokens.setAtIndex(ValueLayout.JAVA_INT, at++, random.nextInt(VOCABULARY));
                }
                step.want(at - 1);
            }
            program.run(step);
            return program.output(output).asSlice(0, 4 * width * rows.length).toArray(ValueLayout.JAVA_BYTE);
        }

        @Override
        public void close() {
            program.close();
            device.close();
            model.close();
        }
    }

    @Test
    void replaysEqualSingleLaunchesBitForBit() {
        try (Demo demo = new Demo()) {
            List<Sequence> replayed = new ArrayList<>();
            List<Sequence> launched = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                replayed.add(demo.program.newSequence());
                launched.add(demo.program.newSequence());
            }
            int[][] steps = {
                {1},
                {1},
                {7, 1, 3},
                {1, 1},
                {1, 1, 1},
                {1, 1, 1, 1, 1},
                {60, 4},
                {2, 2, 2},
                {1},
                {64, 1, 1},
                {1, 1, 1, 1}
            };
            for (int s = 0; s < steps.length; s++) {
                byte[] graph = demo.run(replayed, steps[s], s);
                // profiling launches kernels one by one
                demo.program.profile(true);
                byte[] single = demo.run(launched, steps[s], s);
                demo.program.profile(false);
                assertThat(graph).as("step " + s).isEqualTo(single);
            }
            replayed.forEach(Sequence::close);
            launched.forEach(Sequence::close);
        }
        Emulated.assertAllFreed();
    }

    @Test
    void oneGraphServesItsBucketUntilPagesComeToLieElsewhere() {
        try (Demo demo = new Demo()) {
            List<Sequence> s = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                s.add(demo.program.newSequence());
            }
            demo.run(s, new int[] {1, 1, 1}, 1);
            long graphs = Emulator.get("GRAPHS");
            long launches = Emulator.get("GRAPH_LAUNCHES");
            demo.run(s, new int[] {1, 1, 1, 1}, 2);
            demo.run(s, new int[] {1, 1, 1}, 3);
            assertThat(Emulator.get("GRAPHS")).isEqualTo(graphs);
            assertThat(Emulator.get("GRAPH_LAUNCHES")).isEqualTo(launches + 2);
            demo.run(s, new int[] {1, 1, 1, 1, 1}, 4);
            assertThat(Emulator.get("GRAPHS")).isGreaterThan(graphs);
            // rows of a prompt beyond the largest bucket are launched one by one
            long before = Emulator.get("GRAPH_LAUNCHES");
            demo.run(s, new int[] {100}, 5);
            assertThat(Emulator.get("GRAPH_LAUNCHES")).isEqualTo(before);
            s.forEach(Sequence::close);
        }
        Emulated.assertAllFreed();
    }

    @Test
    void growingCachesKeepTheirContent() {
        try (Demo demo = new Demo();
                Sequence grown = demo.program.newSequence();
                Sequence other = demo.program.newSequence()) {
            // tokens one by one, whose pages come from slab after slab, and the same tokens in chunks that few rows'
            // kernels take
            List<Sequence> first = List.of(grown);
            int tokens = 120;
            byte[] last = {};
            Random random = new Random(7);
            List<Sequence> fillers = new ArrayList<>();
            int[] ids = random.ints(tokens, 0, VOCABULARY).toArray();
            for (int i = 0; i < tokens; i++) {
                last = runIds(demo, first, new int[] {ids[i]});
                if (i % 8 == 0) {
                    // somebody else takes pages meanwhile
                    Sequence filler = demo.program.newSequence();
                    filler.reserve(500);
                    fillers.add(filler);
                }
            }
            runIds(demo, List.of(other), Arrays.copyOf(ids, tokens / 2));
            byte[] whole = runIds(demo, List.of(other), Arrays.copyOfRange(ids, tokens / 2, tokens));
            assertThat(last).isEqualTo(whole);
            fillers.forEach(Sequence::close);
        }
    }

    @Test
    void promptsOnTensorCoresDoNotDependOnTheirCompany() {
        try (Demo demo = new Demo();
                Sequence alone = demo.program.newSequence();
                Sequence among = demo.program.newSequence();
                Sequence company = demo.program.newSequence()) {
            byte[] expected = demo.run(List.of(alone), new int[] {70}, 3);
            byte[] got = demo.run(List.of(among, company), new int[] {70, 58}, 3);
            assertThat(Arrays.copyOf(got, expected.length)).isEqualTo(expected);
            // and so near to what the kernels for few rows give that the same token is the likeliest
            try (Sequence few = demo.program.newSequence()) {
                Random random = new Random(3);
                int[] ids = random.ints(70, 0, VOCABULARY).toArray();
                runIds(demo, List.of(few), Arrays.copyOf(ids, 35));
                byte[] near = runIds(demo, List.of(few), Arrays.copyOfRange(ids, 35, 70));
                assertThat(near).isNotEqualTo(expected);
                assertThat(cosine(near, expected)).isGreaterThan(0.99);
            }
        }
        Emulated.assertAllFreed();
    }

    private static double cosine(byte[] a, byte[] b) {
        FloatBuffer x = ByteBuffer.wrap(a).order(ByteOrder.nativeOrder()).asFloatBuffer();
        FloatBuffer y = ByteBuffer.wrap(b).order(ByteOrder.nativeOrder()).asFloatBuffer();
        double dot = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.limit(); i++) {
            dot += (double) x.get(i) * y.get(i);
            xx += (double) x.get(i) * x.get(i);
            yy += (double) y.get(i) * y.get(i);
        }
        return dot / Math.sqrt(xx * yy);
    }

    private static byte[] runIds(Demo demo, List<Sequence> sequence, int[] ids) {
        demo.step.clear().add(sequence.getFirst(), ids.length);
        demo.step.want(ids.length - 1);
        MemorySegment.copy(ids, 0, demo.program.input(LanguageModel.TOKENS), ValueLayout.JAVA_INT, 0, ids.length);
        demo.program.run(demo.step);
        return demo.program.output(demo.output).asSlice(0, 4 * demo.width).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void aLayerTakesFewKernels() {
        try (Demo demo = new Demo();
                Sequence s = demo.program.newSequence()) {
            demo.run(List.of(s), new int[] {1}, 1);
            long before = Emulator.get("LAUNCHES");
            demo.run(List.of(s), new int[] {1}, 2);
            long layers = demo.graph.nodes().stream()
                    .map(n -> n.scope())
                    .filter(scope -> scope.startsWith("layers."))
                    .distinct()
                    .count();
            // and a few for the embedding, the last norm and the head
            assertThat(Emulator.get("LAUNCHES") - before).isBetween(layers, KERNELS_PER_LAYER * layers + 5);
        }
    }
}
