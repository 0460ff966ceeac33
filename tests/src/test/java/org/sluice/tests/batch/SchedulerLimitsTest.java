package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Constraint;
import org.sluice.decode.FinishReason;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.TokenListener;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.error.OverloadedException;
import org.sluice.tests.model.Leftovers;
import org.sluice.tests.model.TinyCheckpoint;

/** What a scheduler refuses, what ends early, and what is left of it afterwards. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SchedulerLimitsTest {
    private static final EngineOptions OPTIONS = EngineOptions.DEFAULT
            .withDevice(DeviceOptions.of("cpu:vector").withThreads(1))
            .withMaxRows(16)
            .withParallel(4);
    private static final GenerationOptions TEN = new GenerationOptions(10, Set.of(), SamplerOptions.GREEDY);

    @TempDir
    Path folder;

    @BeforeEach
    void write() {
        new TinyCheckpoint().write(folder);
    }

    @AfterEach
    void nothingIsLeft() {
        Leftovers.assertNone(folder);
    }

    private static int[] prompt(int n, int salt) {
        return IntStream.range(0, n)
                .map(i -> (7 * i + 3 + salt) % TinyCheckpoint.VOCABULARY)
                .toArray();
    }

    private static CompletableFuture<Generation> submit(
            Scheduler s, int[] prompt, GenerationOptions options, TokenListener listener, CancelToken cancel) {
        return s.submit(prompt, options, listener, ProgressListener.NONE, cancel);
    }

    /** Blocks in its first token until it is let go. */
    private static final class Gate implements TokenListener {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch open = new CountDownLatch(1);

        @Override
        public boolean token(int index, int token) {
            reached.countDown();
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return true;
        }
    }

    @Test
    void failuresHarmNobodyElse() {
        try (Engine e = Engine.load(folder, OPTIONS);
                Scheduler s = e.newScheduler(new SchedulerOptions(6, 20))) {
            List<CompletableFuture<Generation>> good = new ArrayList<>();
            List<CompletableFuture<Generation>> bad = new ArrayList<>();
            Constraint fails = stop -> {
                throw new InvalidRequestException("no such text");
            };
            for (int i = 0; i < 6; i++) {
                good.add(s.submit(prompt(5 + i, i), TEN));
                int at = i;
                bad.add(submit(
                        s,
                        prompt(9, i),
                        i % 2 == 0 ? TEN : TEN.withConstraint(fails),
                        (index, token) -> {
                            if (index == at) {
                                throw new IllegalStateException("the listener's own");
                            }
                            return true;
                        },
                        new CancelToken()));
            }
            for (CompletableFuture<Generation> b : bad) {
                assertThatThrownBy(b::join)
                        .isInstanceOf(CompletionException.class)
                        .cause()
                        .message()
                        .containsAnyOf("no such text", "the listener's own");
            }
            for (int i = 0; i < 6; i++) {
                Requests.Request r = new Requests.Request(prompt(5 + i, i), TEN);
                assertThat(good.get(i).join().tokens()).isEqualTo(r.alone(e).tokens());
            }
        }
    }

    @Test
    void aListenerThatBlocksDelaysNobody() throws Exception {
        try (Engine e = Engine.load(folder, OPTIONS);
                Scheduler s = e.newScheduler(new SchedulerOptions(3, 20))) {
            Gate gate = new Gate();
            CompletableFuture<Generation> blocked = submit(s, prompt(4, 0), TEN, gate, new CancelToken());
            gate.reached.await();
            for (int i = 0; i < 5; i++) {
                assertThat(s.submit(prompt(6, i), TEN).get().tokens()).hasSize(10);
            }
            assertThat(blocked).isNotDone();
            gate.open.countDown();
            assertThat(blocked.get().tokens()).hasSize(10);
        }
    }

    @Test
    void onlySoManyWait() throws Exception {
        try (Engine e = Engine.load(folder, OPTIONS);
                Scheduler s = e.newScheduler(new SchedulerOptions(1, 2))) {
            Gate gate = new Gate();
            CompletableFuture<Generation> first = submit(s, prompt(4, 0), TEN, gate, new CancelToken());
            gate.reached.await();
            List<CompletableFuture<Generation>> waiting =
                    List.of(s.submit(prompt(4, 1), TEN), s.submit(prompt(4, 2), TEN));
            assertThatThrownBy(() -> s.submit(prompt(4, 3), TEN))
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("1 requests")
                    .hasMessageContaining("2 wait");
            assertThat(s.requests()).isEqualTo(3);
            CompletableFuture<List<CompletableFuture<Generation>>> late = CompletableFuture.supplyAsync(() -> {
                try {
                    return List.of(s.submitWhenFree(
                            prompt(4, 3), TEN, TokenListener.NONE, ProgressListener.NONE, new CancelToken()));
                } catch (InterruptedException x) {
                    throw new IllegalStateException(x);
                }
            });
            assertThatThrownBy(() -> late.get(100, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);
            gate.open.countDown();
            assertThat(first.get().tokens()).hasSize(10);
            for (CompletableFuture<Generation> w : waiting) {
                assertThat(w.get().tokens()).hasSize(10);
            }
            assertThat(late.get().getFirst().get().tokens()).hasSize(10);
            assertThat(s.requests()).isZero();
        }
    }

    @Test
    void cancelledBeforeWhileAndByTheFuture() throws Exception {
        try (Engine e = Engine.load(folder, OPTIONS);
                Scheduler s = e.newScheduler(new SchedulerOptions(1, 5))) {
            Gate gate = new Gate();
            CancelToken runs = new CancelToken();
            CancelToken waits = new CancelToken();
            CompletableFuture<Generation> running = submit(s, prompt(4, 0), TEN, gate, runs);
            CompletableFuture<Generation> waiting = submit(s, prompt(4, 1), TEN, TokenListener.NONE, waits);
            CompletableFuture<Generation> dropped = s.submit(prompt(4, 2), TEN);
            gate.reached.await();
            runs.cancel();
            waits.cancel();
            dropped.cancel(true);
            gate.open.countDown();
            assertThat(running.get().reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(running.get().tokens()).hasSize(1);
            assertThat(waiting.get().reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(waiting.get().tokens()).isEmpty();
            assertThat(s.submit(prompt(4, 3), TEN).get().tokens()).hasSize(10);
            assertThat(e.cacheBytes()).isZero();
        }
    }

    @Test
    void whatWaitsIsCancelledWhileOthersRun() throws Exception {
        try (Engine e = Engine.load(folder, OPTIONS);
                Scheduler s = e.newScheduler(new SchedulerOptions(1, 3))) {
            Gate gate = new Gate();
            CompletableFuture<Generation> running = submit(s, prompt(4, 0), TEN, gate, new CancelToken());
            gate.reached.await();
            CancelToken waits = new CancelToken();
            CompletableFuture<Generation> waiting = submit(s, prompt(4, 1), TEN, TokenListener.NONE, waits);
            CompletableFuture<Generation> dropped = s.submit(prompt(4, 2), TEN);
            CompletableFuture<Generation> last = s.submit(prompt(4, 3), TEN);
            assertThat(s.requests()).isEqualTo(4);
            waits.cancel();
            dropped.cancel(false);
            // the one that runs is still held up by its listener
            assertThat(waiting).isDone();
            assertThat(waiting.get().reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(waiting.get().tokens()).isEmpty();
            assertThat(s.requests()).isEqualTo(2);
            // their places are free
            CompletableFuture<Generation> another = s.submit(prompt(4, 5), TEN);
            gate.open.countDown();
            assertThat(running.get().tokens()).hasSize(10);
            assertThat(last.get().tokens()).hasSize(10);
            assertThat(another.get().tokens()).hasSize(10);
        }
    }

    @Test
    void whoWaitsForMemoryIsCancelledAtOnce() throws Exception {
        long page;
        long fixed;
        try (Engine e = Engine.load(folder, OPTIONS)) {
            page = (e.memory().latentPerToken() + e.memory().indexPerToken()) * 64;
            try (Device d = Backends.open(OPTIONS.device())) {
                fixed = d.plan(e.program().graph(), e.program().options()).workspace();
            }
        }
        DeviceOptions tight = DeviceOptions.of("cpu:vector").withThreads(1).withMemoryLimit(fixed + 2 * page);
        try (Engine e = Engine.load(folder, OPTIONS.withDevice(tight));
                Scheduler s = e.newScheduler(new SchedulerOptions(2, 3))) {
            Gate gate = new Gate();
            CompletableFuture<Generation> running = submit(s, prompt(70, 0), TEN, gate, new CancelToken());
            gate.reached.await();
            CancelToken cancel = new CancelToken();
            CompletableFuture<Generation> parked = submit(s, prompt(80, 1), TEN, TokenListener.NONE, cancel);
            Thread.sleep(100);
            assertThat(parked).isNotDone();
            cancel.cancel();
            assertThat(parked.get(10, TimeUnit.SECONDS).reason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(running).isNotDone();
            gate.open.countDown();
            assertThat(running.get().tokens()).hasSize(10);
            assertThat(e.cacheBytes()).isZero();
        }
    }

    @Test
    void closingEndsWhatRunsAndWaits() throws Exception {
        try (Engine e = Engine.load(folder, OPTIONS)) {
            Scheduler s = e.newScheduler(new SchedulerOptions(2, 5));
            List<CompletableFuture<Generation>> all = new ArrayList<>();
            Gate gate = new Gate();
            all.add(submit(s, prompt(4, 0), TEN, gate, new CancelToken()));
            gate.reached.await();
            for (int i = 1; i < 6; i++) {
                all.add(s.submit(prompt(4, i), new GenerationOptions(50, Set.of(), SamplerOptions.GREEDY)));
            }
            CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS).execute(gate.open::countDown);
            s.close();
            assertThat(all).allMatch(CompletableFuture::isDone);
            assertThat(all.getFirst().get().reason()).isEqualTo(FinishReason.CANCELLED);
            assertThatThrownBy(() -> s.submit(prompt(4, 0), TEN))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("closed");
            s.close();
            assertThat(e.cacheBytes()).isZero();
        }
    }

    @Test
    void badPromptsAreRefusedAtOnce() {
        try (Engine e = Engine.load(folder, OPTIONS);
                Scheduler s = e.newScheduler(new SchedulerOptions(1, 1))) {
            for (int[] bad : new int[][] {{}, {-1}, {TinyCheckpoint.VOCABULARY}, new int[TinyCheckpoint.CONTEXT]}) {
                assertThatThrownBy(() -> s.submit(bad, TEN)).isInstanceOf(InvalidRequestException.class);
            }
            assertThat(s.requests()).isZero();
        }
    }

    @Test
    void whereMemoryIsShortTheOldestGoOn() throws Exception {
        int context = TinyCheckpoint.CONTEXT;
        long page;
        try (Engine e = Engine.load(folder, OPTIONS.withContext(context))) {
            page = (e.memory().latentPerToken() + e.memory().indexPerToken()) * 64;
            long fixed;
            try (Device d = Backends.open(OPTIONS.device())) {
                fixed = d.plan(e.program().graph(), e.program().options()).workspace();
            }
            // a request takes one page or two
            EngineOptions tight = OPTIONS.withContext(context)
                    .withDevice(DeviceOptions.of("cpu:vector").withThreads(1).withMemoryLimit(fixed + 3 * page));
            List<Requests.Request> requests = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                requests.add(new Requests.Request(
                        prompt(20 + 9 * i, i), new GenerationOptions(30, Set.of(), SamplerOptions.GREEDY)));
            }
            List<Generation> expected = Requests.alone(e, requests);
            for (int again = 0; again < 10; again++) {
                try (Engine small = Engine.load(folder, tight.withPrefixBytes(again % 2 << 20));
                        Scheduler s = small.newScheduler(new SchedulerOptions(6, 10))) {
                    List<CompletableFuture<Generation>> got = new ArrayList<>();
                    for (Requests.Request r : requests) {
                        got.add(s.submit(r.prompt(), r.options()));
                    }
                    for (int i = 0; i < 6; i++) {
                        assertThat(got.get(i).get().tokens())
                                .isEqualTo(expected.get(i).tokens());
                    }
                }
            }
            try (Engine small = Engine.load(folder, tight);
                    Scheduler s = small.newScheduler(new SchedulerOptions(2, 10));
                    org.sluice.decode.Session idle = small.newSession()) {
                // a session that nobody uses keeps what it holds
                idle.generate(prompt(70, 1), TEN, TokenListener.NONE, ProgressListener.NONE, new CancelToken());
                CompletableFuture<Generation> tooMuch = s.submit(prompt(85, 0), TEN);
                assertThatThrownBy(tooMuch::join).hasCauseInstanceOf(MemoryLimitException.class);
                assertThat(s.submit(prompt(50, 0), TEN).get().tokens()).hasSize(10);
            }
        }
    }
}
