package org.sluice.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.OpTiming;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;
import org.sluice.backend.Step;
import org.sluice.graph.CacheType;
import org.sluice.graph.State;
import org.sluice.model.LanguageModel;

/**
 * Time of a decode step behind contexts of growing length, and the indexer's share of it. The first tokens are computed; longer
 * contexts repeat their rows, which cost the same as any others. Arguments: backend (default {@code cpu}), cache type ({@code
 * F32}), lengths ({@code 1024,8192,65536,524288,1048576}), memory limit in MiB and spill directory (both default none), model
 * folder (default the demonstration model).
 */
public final class LongContext {
    private static final int COMPUTED = 8192;
    private static final int ROWS = 256;
    private static final int WARM = 30;
    private static final int STEPS = 41;

    private LongContext() {}

    /** Prints a Markdown table. */
    public static void main(String[] args) {
        DeviceOptions device = DeviceOptions.of(argument(args, 0, "cpu"));
        CacheType type = CacheType.valueOf(argument(args, 1, "F32"));
        int[] lengths = Arrays.stream(
                        argument(args, 2, "1024,8192,65536,524288,1048576").split(","))
                .mapToInt(Integer::parseInt)
                .toArray();
        String memory = argument(args, 3, "");
        device = memory.isEmpty() ? device : device.withMemoryLimit(Long.parseLong(memory) << 20);
        String spill = argument(args, 4, "");
        device = spill.isEmpty() ? device : device.withSpill(Path.of(spill));
        int longest = Arrays.stream(lengths).max().orElseThrow();
        EngineOptions options = EngineOptions.DEFAULT
                .withDevice(device)
                .withCaches(type)
                .withMaxRows(ROWS)
                .withOverlongContext(longest + 2 * (WARM + 2 * STEPS));
        System.out.println("| tokens | caches | in the file | ms per token | CPU ms | indexer | attention |");
        System.out.println("|---|---|---|---|---|---|---|");
        try (Engine e = Engine.load(DemoModel.folder(argument(args, 5, "")), options);
                Sequence s = e.program().newSequence()) {
            for (int length : lengths) {
                fill(e, s, length);
                measure(e, s, length);
            }
        }
    }

    private static String argument(String[] args, int i, String otherwise) {
        return args.length > i && !args[i].isEmpty() ? args[i] : otherwise;
    }

    private static void fill(Engine e, Sequence s, int length) {
        SplittableRandom random = new SplittableRandom(1);
        while (s.length() < Math.min(length, COMPUTED)) {
            run(e.program(), s, Math.min(ROWS, Math.min(length, COMPUTED) - s.length()), random);
        }
        if (s.length() == length) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            List<MemorySegment> rows = new ArrayList<>();
            for (State state : s.states()) {
                MemorySegment all = arena.allocate((long) COMPUTED * s.rowBytes(state), 64);
                s.copyOut(state, 0, COMPUTED, all);
                rows.add(all);
            }
            while (s.length() < length) {
                s.append(Math.min(COMPUTED, length - s.length()), rows);
            }
        }
    }

    private static void run(Program p, Sequence s, int rows, SplittableRandom random) {
        Step step = new Step(rows);
        step.add(s, rows);
        step.want(rows - 1);
        for (int i = 0; i < rows; i++) {
            p.input(LanguageModel.TOKENS).setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(256));
        }
        p.run(step);
    }

    private static void measure(Engine e, Sequence s, int length) {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < WARM; i++) {
            run(e.program(), s, 1, random);
        }
        double[] millis = new double[STEPS];
        long cpu = cpuTime();
        for (int i = 0; i < STEPS; i++) {
            long begin = System.nanoTime();
            run(e.program(), s, 1, random);
            millis[i] = (System.nanoTime() - begin) / 1e6;
        }
        double cpuMillis = (cpuTime() - cpu) / 1e6 / STEPS;
        Arrays.sort(millis);
        e.program().profile(true);
        for (int i = 0; i < STEPS; i++) {
            run(e.program(), s, 1, random);
        }
        double all = share(e.program().timings(), "");
        System.out.printf(
                Locale.ROOT,
                "| %,d | %s | %s | %.2f | %.2f | %.0f %% | %.0f %% |%n",
                length,
                MemoryPlan.human(e.cacheBytes()),
                MemoryPlan.human(e.spilledBytes()),
                millis[STEPS / 2],
                cpuMillis,
                100 * share(e.program().timings(), "SelectTopK") / all,
                100 * share(e.program().timings(), "LatentAttention") / all);
        e.program().profile(false);
        s.truncate(length);
    }

    /** Of the process: on a busy machine it tells more than the clock. */
    private static long cpuTime() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getProcessCpuTime()
                : 0;
    }

    private static double share(List<OpTiming> timings, String kind) {
        return timings.stream()
                .filter(t -> kind.isEmpty() || t.kind().equals(kind))
                .mapToLong(OpTiming::nanos)
                .sum();
    }
}
