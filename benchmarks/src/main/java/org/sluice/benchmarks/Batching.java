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
 * other in between. Arguments: backend (default {@code cpu}), model (a checkpoint folder or a GGUF file; default the
 * demonstration model), rounds (3), tokens of an answer (64), requests (64), how many of them one after the other (all), most
 * prompt tokens (128). Big models want smaller numbers.
 */
public final class Batching {
    private final int rounds;
    private final int answer;
    private final int requests;
    private final int singly;
    private final int longest;

    private Batching(String[] args) {
        rounds = number(args, 2, 3);
        answer = number(args, 3, 64);
        requests = number(args, 4, 64);
        singly = number(args, 5, requests);
        longest = number(args, 6, 128);
    }

    private static int number(String[] args, int i, int usual) {
        return args.length > i ? Integer.parseInt(args[i]) : usual;
    }

    /** When things happened to one request, in nanoseconds. */
    private record Times(long submitted, long[] tokens) {}

    /** Prints a Markdown table. */
    public static void main(String[] args) throws Exception {
        String backend = args.length > 0 ? args[0] : "cpu";
        String model = args.length > 1 ? args[1] : "";
        Batching batching = new Batching(args);
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
                batching.measure(engine, parallel);
            }
        }
    }

    private void measure(Engine engine, int parallel) throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        List<int[]> prompts = new ArrayList<>();
        int shortest = longest / 4;
        for (int i = 0; i < Math.max(requests, parallel); i++) {
            prompts.add(random.ints(
                            shortest + random.nextInt(longest - shortest + 1),
                            0,
                            engine.model().vocabSize())
                    .toArray());
        }
        run(engine, prompts.subList(0, parallel), parallel, new ArrayList<>());
        double[] together = new double[rounds];
        double[] alone = new double[rounds];
        List<Times> times = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            // in turn, so that both meet the same state of the machine
            together[i] = run(engine, prompts, parallel, times);
            alone[i] = run(engine, prompts.subList(0, Math.min(singly, prompts.size())), 1, new ArrayList<>());
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
                "| %d | %.1f | %.1f | %.2f × | %.1f / %.1f | %.2f / %.2f / %.2f |%n",
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
    private double run(Engine engine, List<int[]> prompts, int running, List<Times> times) throws Exception {
        GenerationOptions options = new GenerationOptions(answer, Set.of(), SamplerOptions.GREEDY);
        List<CompletableFuture<?>> all = new ArrayList<>();
        long start = System.nanoTime();
        try (Scheduler scheduler = engine.newScheduler(new SchedulerOptions(running, 0))) {
            for (int[] prompt : prompts) {
                long[] at = new long[answer];
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
        return prompts.size() * answer * 1e9 / (System.nanoTime() - start);
    }
}
