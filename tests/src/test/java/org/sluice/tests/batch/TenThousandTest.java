package org.sluice.tests.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Drafts;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.constraint.Grammar;
import org.sluice.decode.constraint.GrammarConstraint;
import org.sluice.decode.constraint.Syntax;
import org.sluice.decode.constraint.TokenTrie;
import org.sluice.graph.CacheType;
import org.sluice.tests.model.Leftovers;
import org.sluice.tests.model.TinyCheckpoint;

/** Ten thousand tiny requests, a fifth of which fail or are cancelled, and the memory before and after most of them. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class TenThousandTest {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long HEAP = 4L << 20;
    /** What 8,000 sessions would leave if each forgot its logits alone; more than the JVM's own ups and downs. */
    private static final long NATIVE = 48L << 20;

    @TempDir
    private Path folder;

    @AfterEach
    void nothingIsLeft() {
        Leftovers.assertNone(folder);
    }

    @ParameterizedTest(name = "{0} drafts, prefixes of {1} bytes")
    @CsvSource({"0, 0", "3, 262144"})
    void leaveNothing(int drafts, long prefixBytes) throws Exception {
        new TinyCheckpoint().withPrediction().write(folder);
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(DeviceOptions.of("cpu:vector").withThreads(1))
                .withMaxRows(16)
                .withParallel(4)
                .withContext(64)
                .withDrafts(Drafts.of(drafts))
                .withPrefixBytes(prefixBytes);
        SplittableRandom random = new SplittableRandom(Long.getLong("sluice.seed", 5));
        List<GenerationOptions> wishes = wishes();
        try (Engine e = Engine.load(folder, options);
                Scheduler s = e.newScheduler(new SchedulerOptions(8, 64))) {
            long heap = 0;
            long all = 0;
            for (int round = 0; round < 10; round++) {
                assertThat(answered(s, wishes, random)).isEqualTo(800);
                assertThat(e.cacheBytes()).isLessThanOrEqualTo(prefixBytes);
                if (round == 1) {
                    heap = heap();
                    all = resident();
                }
            }
            assertThat(heap() - heap).as("heap").isLessThan(HEAP);
            assertThat(resident() - all).as("resident memory of the process").isLessThan(NATIVE);
        }
    }

    /** How many of a thousand came to their end. */
    private static int answered(Scheduler s, List<GenerationOptions> wishes, SplittableRandom random)
            throws InterruptedException {
        List<CompletableFuture<Generation>> all = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            CancelToken cancel = new CancelToken();
            if (i % 10 == 0) {
                cancel.cancel();
            }
            boolean fails = i % 10 == 1;
            all.add(s.submitWhenFree(
                    random.ints(1 + random.nextInt(6), 0, 26).toArray(),
                    wishes.get(i % wishes.size()),
                    (index, token) -> {
                        if (fails) {
                            throw new IllegalStateException("the listener's own");
                        }
                        return true;
                    },
                    ProgressListener.NONE,
                    cancel));
        }
        return all.stream()
                .mapToInt(g -> g.handle((v, x) -> x == null && v.tokens().length == 2 ? 1 : 0)
                        .join())
                .sum();
    }

    /** Two tokens, free or held to an expression, greedy or drawn, with every type of caches. */
    private static List<GenerationOptions> wishes() {
        byte[][] letters = IntStream.range(0, TinyCheckpoint.VOCABULARY)
                .mapToObj(i -> new byte[] {(byte) ('a' + i % 26)})
                .toArray(byte[][]::new);
        GrammarConstraint words = new GrammarConstraint(Grammar.of(Syntax.regex("[a-y]+")), new TokenTrie(letters));
        List<GenerationOptions> all = new ArrayList<>();
        for (SamplerOptions sampler : List.of(SamplerOptions.GREEDY, new SamplerOptions(1, 10, 0.9, 0, 1.1, 3))) {
            GenerationOptions two = new GenerationOptions(2, Set.of(), sampler);
            all.add(two);
            all.add(two.withConstraint(words));
            all.add(two.withCaches(CacheType.FP8));
            all.add(two.withCaches(CacheType.BF16));
        }
        return all;
    }

    private static long heap() throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }

    /** Bytes of the process beside the heap, 0 where the system does not tell. */
    private static long resident() throws IOException {
        if (!Files.exists(STATUS)) {
            return 0;
        }
        long kilobytes = Files.readAllLines(STATUS).stream()
                .filter(l -> l.startsWith("VmRSS:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
        return kilobytes * 1024 - Runtime.getRuntime().totalMemory();
    }
}
