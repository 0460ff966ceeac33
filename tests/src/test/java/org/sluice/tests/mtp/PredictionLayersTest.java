package org.sluice.tests.mtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sluice.Engine;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.MtpDrafter;
import org.sluice.decode.MtpRunner;
import org.sluice.decode.SamplerOptions;
import org.sluice.model.DraftGraphs;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.model.TinyCheckpoint;

/** Prediction layers of every kind: whose later drafts share the first one's selection, choose for themselves, or see everything. */
class PredictionLayersTest {
    private static final int K = 4;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    @TempDir
    private Path folder;

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    /** What a configuration may say. */
    enum Kind {
        SHARED,
        OWN,
        UNSAID,
        NO_INDEXER;

        Path write(Path folder) {
            TinyCheckpoint c = new TinyCheckpoint().withPrediction();
            switch (this) {
                case SHARED, OWN -> c.config().put("index_share_for_mtp_iteration", this == SHARED);
                case NO_INDEXER -> {
                    c.config().put("model_type", "deepseek_v3");
                    c.tensors().keySet().removeIf(name -> name.contains("indexer"));
                }
                case UNSAID -> {
                    // the layer of GLM-5, whose configuration does not know the field
                }
            }
            return c.write(folder);
        }

        boolean shares() {
            return this == SHARED || this == UNSAID;
        }
    }

    private int[] tokens(int n) {
        return random.ints(n, 0, TinyCheckpoint.VOCABULARY).toArray();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void draftsChangeNoAnswer(Kind kind) {
        kind.write(folder);
        try (Engine plain = Engine.load(folder, Run.exact(Run.DEVICE, Drafts.OFF, 90));
                Engine taken = Engine.load(folder, Run.exact(Run.DEVICE, Drafts.of(K), 90));
                Engine drawn =
                        Engine.load(folder, Run.exact(Run.DEVICE, Drafts.of(K).withKind(DraftKind.SAMPLED), 90))) {
            int made = 0;
            for (int i = 0; i < 12; i++) {
                int[] prompt = tokens(1 + random.nextInt(60));
                Generation expected = Run.alone(plain, prompt, Run.greedy(25));
                for (Engine e : List.of(taken, drawn)) {
                    Generation g = Run.alone(e, prompt, Run.greedy(25));
                    assertThat(g.tokens()).isEqualTo(expected.tokens());
                    made += Arrays.stream(g.drafts().proposed()).sum();
                }
                Generation hot = Run.alone(
                        drawn,
                        prompt,
                        new org.sluice.decode.GenerationOptions(
                                25, java.util.Set.of(), new SamplerOptions(1, 0, 1, 0, 1, i)));
                assertThat(hot.tokens()).hasSize(25);
                assertThat(hot.drafts().proposed()[K - 1]).isPositive();
            }
            assertThat(made).isGreaterThan(12 * 25);
            assertThat(taken.cacheBytes()).isZero();
        }
    }

    /** Chains of drafts behind random hidden states equal those of the layer's graphs run by hand, one row at a time. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void chainsAreThoseOfTheDefinition(Kind kind) {
        kind.write(folder);
        int n = 60;
        try (OpenModel model = Models.open(folder);
                Device device = Backends.open(
                        DeviceOptions.of(Run.DEVICE).withThreads(1).withExact(true))) {
            DraftGraphs graphs = model.model().drafts(DraftGraphs.Head.FULL).orElseThrow();
            assertThat(graphs.ahead() != null).isEqualTo(kind.shares());
            int width = graphs.hiddenSize();
            int[] tokens = tokens(n);
            float[] hidden = new float[n * width];
            for (int i = 0; i < hidden.length; i++) {
                hidden[i] = (float) random.nextGaussian();
            }
            try (ByHand byHand = new ByHand(device, graphs, n + K);
                    MtpRunner runner = new MtpRunner(device, graphs, 16, n + K);
                    MtpDrafter drafter = new MtpDrafter(runner)) {
                int seen = 0;
                List<int[]> different = new ArrayList<>();
                // the newest token is known, its row not computed: rows 0 to known−2 are certain
                for (int known = 2; known < n; known += 1 + random.nextInt(12)) {
                    for (int from = seen; from < known - 1; from += 16) {
                        int to = Math.min(known - 1, from + 16);
                        drafter.observe(tokens, to + 1, from, to, part(hidden, from, to, width), true);
                    }
                    seen = known - 1;
                    int[] drafts = new int[K];
                    // twice: nothing of a chain is left behind
                    for (int again = 0; again < 2; again++) {
                        assertThat(drafter.propose(tokens, known, K, null, drafts))
                                .isEqualTo(K);
                        assertThat(drafts)
                                .as("behind %d tokens", known)
                                .isEqualTo(byHand.chain(tokens, hidden, known, graphs));
                    }
                    different.add(drafts);
                }
                assertThat(different.stream().map(Arrays::toString).distinct().count())
                        .isGreaterThan(2);
            }
        }
    }

    private static MemorySegment part(float[] hidden, int from, int to, int width) {
        return MemorySegment.ofArray(Arrays.copyOfRange(hidden, from * width, to * width));
    }

    /** The layer's programs, each row a step of its own. */
    private static final class ByHand implements AutoCloseable {
        private final Program context;
        private final Program ahead;
        private final Step step = new Step(1);

        ByHand(Device device, DraftGraphs graphs, int length) {
            context = device.compile(graphs.context(), new ProgramOptions(1, 1, length));
            ahead = graphs.ahead() == null
                    ? context
                    : context.companion(graphs.ahead(), new ProgramOptions(1, 1, length));
        }

        int[] chain(int[] tokens, float[] hidden, int known, DraftGraphs graphs) {
            int width = graphs.hiddenSize();
            int[] drafts = new int[K];
            try (Sequence s = context.newSequence()) {
                for (int p = 0; p < known - 1; p++) {
                    give(context, tokens[p + 1], part(hidden, p, p + 1, width));
                    step.clear().add(s, 1);
                    step.want(0);
                    context.run(step);
                }
                drafts[0] = context.output(DraftGraphs.DRAFT).get(INT, 0);
                byte[] state = context.output(DraftGraphs.RECYCLED).toArray(ValueLayout.JAVA_BYTE);
                for (int j = 1; j < K; j++) {
                    give(ahead, drafts[j - 1], MemorySegment.ofArray(state));
                    step.clear();
                    if (graphs.ahead() == null) {
                        step.add(s, 1);
                    } else {
                        ahead.input(DraftGraphs.SELECTION)
                                .copyFrom(
                                        context.output(DraftGraphs.SELECTION).asSlice(0, 4L * graphs.selectionWidth()));
                        step.addDetached(s, 1, known - 2 + j);
                    }
                    step.want(0);
                    ahead.run(step);
                    drafts[j] = ahead.output(DraftGraphs.DRAFT).get(INT, 0);
                    state = ahead.output(DraftGraphs.RECYCLED).toArray(ValueLayout.JAVA_BYTE);
                }
            }
            return drafts;
        }

        private static void give(Program program, int token, MemorySegment hidden) {
            program.input(LanguageModel.TOKENS).set(INT, 0, token);
            MemorySegment.copy(hidden, 0, program.input(LanguageModel.HIDDEN), 0, hidden.byteSize());
        }

        @Override
        public void close() {
            // for some kinds the same program, which may be closed twice
            ahead.close();
            context.close();
        }
    }
}
