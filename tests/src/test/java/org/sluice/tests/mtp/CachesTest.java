package org.sluice.tests.mtp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.decode.Drafts;
import org.sluice.decode.MtpDrafter;
import org.sluice.decode.MtpRunner;
import org.sluice.decode.Session;
import org.sluice.decode.StepRunner;
import org.sluice.model.DraftGraphs;
import org.sluice.model.GraphOptions;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import org.sluice.tests.Fixtures;

/**
 * After rounds with accepted and rejected drafts the caches of trunk and draft layer hold what they would hold had every token
 * been computed alone: whatever is computed from them next has the same bits.
 */
class CachesTest {
    private static final int K = 5;
    private static final int ROWS = 40;

    @ParameterizedTest
    @ValueSource(strings = {"cpu:vector", "cpu:native"})
    void areThoseOfAFreshRun(String selector) {
        List<Answers.Case> cases = Answers.own().cases().stream()
                .filter(c -> c.prompt().length < 150 && c.answer().length > 20)
                .limit(6)
                .toList();
        int context = 260;
        try (OpenModel model = Models.open(Fixtures.ownDemoModel());
                Device device =
                        Backends.open(DeviceOptions.of(selector).withThreads(1).withExact(true));
                Program program = device.compile(
                        model.model().graph(GraphOptions.WITH_HIDDEN), new ProgramOptions(ROWS, K + 1, context))) {
            DraftGraphs graphs = model.model().drafts(DraftGraphs.Head.FULL).orElseThrow();
            StepRunner runner = new StepRunner(program, model.model());
            try (MtpRunner mtp = new MtpRunner(device, graphs, ROWS, context)) {
                for (Answers.Case c : cases) {
                    Witness seen = new Witness(new MtpDrafter(mtp), graphs.hiddenSize(), 0.3);
                    try (Session s = new Session(runner, seen, Drafts.of(K), () -> {})) {
                        assertThat(Run.generate(s, c.prompt(), Run.greedy(200, c.stop()))
                                        .tokens())
                                .isEqualTo(c.answer());
                    }
                    compare(c, seen, runner, mtp, graphs.hiddenSize());
                }
            }
        }
    }

    private static void compare(Answers.Case c, Witness seen, StepRunner runner, MtpRunner mtp, int width) {
        int[] all = IntStream.concat(Arrays.stream(c.prompt()), Arrays.stream(c.answer()))
                .toArray();
        // every round would take minutes; every fifth is another place in every case
        List<Integer> rounds =
                seen.predictions.keySet().stream().sorted().skip(1).toList();
        assertThat(rounds).isNotEmpty();
        for (int i = c.prompt().length % 3; i < rounds.size(); i += 3) {
            int known = rounds.get(i);
            Witness fresh = new Witness(new MtpDrafter(mtp), width, 0);
            try (Session s = new Session(runner, fresh, Drafts.of(K), () -> {})) {
                // its first token is the newest of that round
                Run.generate(s, Arrays.copyOf(all, known - 1), Run.greedy(K + 2));
            }
            fresh.hidden.forEach((p, h) -> {
                if (p < known - 1) {
                    assertThat(Arrays.equals(seen.hidden.get(p), h))
                            .as(c.name() + ": hidden state " + p)
                            .isTrue();
                }
            });
            List<float[]> expected = requireNonNull(fresh.predictions.get(known));
            List<float[]> got = requireNonNull(seen.predictions.get(known));
            assertThat(expected).isNotEmpty();
            for (int d = 0; d < Math.min(expected.size(), got.size()); d++) {
                assertThat(Arrays.equals(got.get(d), expected.get(d)))
                        .as(c.name() + ": draft " + d + " behind " + known + " tokens")
                        .isTrue();
            }
        }
    }
}
