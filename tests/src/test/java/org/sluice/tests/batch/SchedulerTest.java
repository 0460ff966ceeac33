package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.TokenListener;
import org.sluice.tests.Fixtures;

/** Requests that arrive at random and share steps get, token for token, what each gets alone. */
@Tag("fixtures")
class SchedulerTest {
    private static final int CONTEXT = 320;

    private final SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 20261124L));

    @ParameterizedTest(name = "on {0}, {1} drafts, {2} in a step of {3} rows, prefixes {4}")
    @CsvSource({
        "cpu:vector, 0, 8, 24, false",
        "cpu:native, 0, 3, 48, true",
        "cpu:vector, 2, 5, 16, true",
        "cpu:native, 3, 1, 64, false"
    })
    void answersAreThoseOfSessionsAlone(String device, int drafts, int parallel, int rows, boolean prefixes)
            throws Exception {
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of(device).withThreads(1))
                .withContext(CONTEXT)
                .withDrafts(
                        drafts % 2 == 0 ? Drafts.of(drafts) : Drafts.of(drafts).withKind(DraftKind.SAMPLED));
        try (Engine alone = Engine.load(Fixtures.demoModel(), options);
                Engine shared = Engine.load(
                        Fixtures.demoModel(),
                        options.withParallel(parallel).withMaxRows(rows).withPrefixBytes(prefixes ? 1L << 24 : 0))) {
            List<Requests.Request> requests = Requests.random(9, alone.model().vocabSize(), CONTEXT - 80, 30, random);
            // some begin as others do
            requests = new ArrayList<>(requests);
            requests.addAll(requests.subList(3, 7));
            List<Generation> expected = Requests.alone(alone, requests);
            List<CompletableFuture<Generation>> got = new ArrayList<>();
            try (Scheduler scheduler = shared.newScheduler(new SchedulerOptions(10, 100))) {
                for (Requests.Request r : requests) {
                    got.add(scheduler.submit(
                            r.prompt(), r.options(), TokenListener.NONE, ProgressListener.NONE, new CancelToken()));
                    Thread.sleep(random.nextInt(4) == 0 ? random.nextInt(15) : 0);
                }
                for (int i = 0; i < got.size(); i++) {
                    Generation g = got.get(i).get();
                    assertThat(g.tokens())
                            .as("request " + i)
                            .isEqualTo(expected.get(i).tokens());
                    assertThat(g.reason()).isEqualTo(expected.get(i).reason());
                    assertThat(g.drafts().tokens())
                            .as("rounds of request " + i)
                            .isEqualTo(expected.get(i).drafts().tokens());
                }
            }
            if (!prefixes) {
                assertThat(shared.cacheBytes()).isZero();
            }
        }
    }
}
