package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.TokenListener;
import org.sluice.tests.model.TinyCheckpoint;

/** Who comes late does not wait for those that take long, and nobody takes all of the steps. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class FairnessTest {
    private static final int ROWS = 16;
    private static final int LONG = 6_000;

    @TempDir
    private Path folder;

    @BeforeEach
    void write() {
        new TinyCheckpoint().write(folder);
    }

    private static int[] prompt(int n, int salt) {
        return IntStream.range(0, n)
                .map(i -> (7 * i + 3 + salt) % TinyCheckpoint.VOCABULARY)
                .toArray();
    }

    private static GenerationOptions tokens(int n) {
        return new GenerationOptions(n, Set.of(), SamplerOptions.GREEDY);
    }

    private Engine load(int parallel) {
        return Engine.load(
                folder,
                EngineOptions.DEFAULT
                        .withDevice(DeviceOptions.of("cpu:vector").withThreads(1))
                        .withMaxRows(ROWS)
                        .withParallel(parallel)
                        .withOverlongContext(LONG + 100));
    }

    /** Counts what a long prompt has got, and says when it has begun. */
    private static final class Watch implements ProgressListener {
        final CountDownLatch begun = new CountDownLatch(1);
        final AtomicInteger computed = new AtomicInteger();

        @Override
        public void progress(String phase, long done, long total) {
            computed.set((int) done);
            begun.countDown();
        }
    }

    @Test
    void aShortPromptOvertakesALongOne() throws Exception {
        try (Engine e = load(4);
                Scheduler s = e.newScheduler(new SchedulerOptions(32, 100))) {
            Watch watch = new Watch();
            CancelToken enough = new CancelToken();
            CompletableFuture<Generation> slow =
                    s.submit(prompt(LONG, 0), tokens(5), TokenListener.NONE, watch, enough);
            watch.begun.await();
            for (int i = 0; i < 5; i++) {
                assertThat(s.submit(prompt(20, i), tokens(6)).get().tokens()).hasSize(6);
                assertThat(watch.computed.get()).as("rows of the long prompt").isLessThan(LONG - ROWS);
                assertThat(slow).isNotDone();
            }
            enough.cancel();
            assertThat(slow.get().reason()).isEqualTo(FinishReason.CANCELLED);
        }
    }

    /** Three quarters of the rows are for those that decode, even if more could use them; the rest is for who comes. */
    @Test
    void aPromptGetsOnAmongMoreDecodersThanAStepHasRows() throws Exception {
        try (Engine e = load(ROWS);
                Scheduler s = e.newScheduler(new SchedulerOptions(32, 100))) {
            int n = 24;
            CancelToken enough = new CancelToken();
            AtomicIntegerArray emitted = new AtomicIntegerArray(n);
            List<CompletableFuture<Generation>> decoders = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                int own = i;
                decoders.add(s.submit(
                        prompt(3, i),
                        tokens(5_000),
                        (index, token) -> {
                            emitted.incrementAndGet(own);
                            return true;
                        },
                        ProgressListener.NONE,
                        enough));
            }
            while (IntStream.range(0, n).anyMatch(i -> emitted.get(i) < 5)) {
                Thread.sleep(1);
            }
            int[] before = IntStream.range(0, n).map(emitted::get).toArray();
            assertThat(s.submit(prompt(2_000, 5), tokens(1)).get().tokens()).hasSize(1);
            int[] got =
                    IntStream.range(0, n).map(i -> emitted.get(i) - before[i]).toArray();
            enough.cancel();
            // 2,000 rows at four a step take 500 steps, in which twelve others get a token. Who gets more is up to the
            // machine, too: these steps are shorter than waking a thread may take, and who is late is left out
            assertThat(IntStream.of(got).sum()).isLessThan(3 * 500 * 12);
            assertThat(IntStream.of(got).min().orElseThrow())
                    .isGreaterThan(IntStream.of(got).sum() / n / 2);
            for (CompletableFuture<Generation> d : decoders) {
                d.get();
            }
        }
    }

    @Test
    void anAnswerGetsOnAmongEverNewPrompts() throws Exception {
        try (Engine e = load(4);
                Scheduler s = e.newScheduler(new SchedulerOptions(32, 100))) {
            List<Watch> prompts = new ArrayList<>();
            List<CancelToken> cancels = new ArrayList<>();
            List<CompletableFuture<Generation>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Watch watch = new Watch();
                CancelToken cancel = new CancelToken();
                prompts.add(watch);
                cancels.add(cancel);
                all.add(s.submit(prompt(LONG, i), tokens(5), TokenListener.NONE, watch, cancel));
                watch.begun.await();
            }
            int before = prompts.stream().mapToInt(w -> w.computed.get()).sum();
            assertThat(s.submit(prompt(2, 9), tokens(40)).get().tokens()).hasSize(40);
            int after = prompts.stream().mapToInt(w -> w.computed.get()).sum();
            // a token every step or two where steps take longer than waking a thread, which these do not
            assertThat(after - before).isLessThan(prompts.size() * LONG / 2);
            cancels.forEach(CancelToken::cancel);
            for (CompletableFuture<Generation> g : all) {
                assertThat(g.get().reason()).isEqualTo(FinishReason.CANCELLED);
            }
        }
    }
}
