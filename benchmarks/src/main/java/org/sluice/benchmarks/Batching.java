package org.sluice.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.CancelToken;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.TokenListener;

/**
 * Throughput and latencies of 64 requests of which 1, 4, 16 or 64 run at the same time, and of the same requests one after the
 * other in between. Arguments: backend (default {@code cpu}), model folder (default the demonstration model), rounds (3).
 */
public final class Batching {
    private static final int REQUESTS = 64;
    private static final int ANSWER = 64;
    private static final int ROUNDS = 3;

    private Batching() {}

    /** When things happened to one request, in nanoseconds. */
    private record Times(long submitted, long[] tokens) {}

    /** Prints a Markdown table. */
    public static void main(String[] args) throws Exception {
        String backend = args.length > 0 ? args[0] : "cpu";
        String model = args.length > 1 ? args[1] : "";
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : ROUNDS;
        System.out.println(
                "| at a time | tokens/s | one after the other | gain | first token p50 / p95, ms | between tokens p50 / p95 / p99, ms |");
        System.out.println("|---|---|---|---|---|---|");
        for (int parallel : new int[] {1, 4, 16, 64}) {
            EngineOptions options = EngineOptions.DEFAULT
                    .withDevice(DeviceOptions.of(backend))
                    .withContext(512)
                    .withMaxRows(256)
                    .withParallel(parallel);
            try (Engine engine = Engine.load(DemoModel.folder(model), options)) {
                measure(engine, parallel, rounds);
            }
        }
    }

    private static void measure(Engine engine, int parallel, int rounds) throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            prompts.add(random.ints(32 + random.nextInt(97), 0, engine.model().vocabSize())
                    .toArray());
        }
        run(engine, prompts, parallel, new ArrayList<>());
        double[] together = new double[rounds];
        double[] alone = new double[rounds];
        List<Times> times = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            // in turn, so that both meet the same state of the machine
            together[i] = run(engine, prompts, parallel, times);
            alone[i] = run(engine, prompts, 1, new ArrayList<>());
        }
        Arrays.sort(together);
        Arrays.sort(alone);
        long[] first = times.stream()
                .mapToLong(t -> t.tokens[0] - t.submitted)
                .sorted()
                .toArray();
        long[] between = times.stream()
                .flatMapToLong(t -> Arrays.stream(gaps(t.tokens)))
                .sorted()
                .toArray();
        double fast = together[rounds / 2];
        double slow = alone[rounds / 2];
        System.out.printf(
                Locale.ROOT,
                "| %d | %.0f | %.0f | %.2f × | %.1f / %.1f | %.2f / %.2f / %.2f |%n",
                parallel,
                fast,
                slow,
                fast / slow,
                millis(first, 0.5),
                millis(first, 0.95),
                millis(between, 0.5),
                millis(between, 0.95),
                millis(between, 0.99));
    }

    private static long[] gaps(long[] tokens) {
        long[] gaps = new long[tokens.length - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = tokens[i + 1] - tokens[i];
        }
        return gaps;
    }

    private static double millis(long[] sorted, double quantile) {
        return sorted[(int) Math.min(sorted.length - 1, Math.round(quantile * sorted.length))] / 1e6;
    }

    /** Answers all; returns answer tokens per second, prefill included. */
    private static double run(Engine engine, List<int[]> prompts, int running, List<Times> times) throws Exception {
        GenerationOptions options = new GenerationOptions(ANSWER, Set.of(), SamplerOptions.GREEDY);
        List<CompletableFuture<?>> all = new ArrayList<>();
        long start = System.nanoTime();
        try (Scheduler scheduler = engine.newScheduler(new SchedulerOptions(running, 0))) {
            for (int[] prompt : prompts) {
                long[] at = new long[ANSWER];
                TokenListener clock = (index, token) -> {
                    at[index] = System.nanoTime();
                    return true;
                };
                all.add(scheduler.submitWhenFree(prompt, options, clock, ProgressListener.NONE, new CancelToken()));
                times.add(new Times(System.nanoTime(), at));
            }
            for (CompletableFuture<?> f : all) {
                f.get();
            }
        }
        return prompts.size() * ANSWER * 1e9 / (System.nanoTime() - start);
    }
}
