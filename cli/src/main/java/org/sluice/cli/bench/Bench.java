package org.sluice.cli.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.sluice.Engine;
import org.sluice.backend.OpTiming;
import org.sluice.backend.Program;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.decode.Sampler;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.StepRunner;

/**
 * Measures an engine with random tokens: routes and selections as scattered as they come, no answer that ends early. One
 * thread uses it; closing it frees its caches, not the engine.
 */
public final class Bench implements AutoCloseable {
    private static final int READS_PER_REPETITION = 16;
    private static final long WARM_UP_NANOS = 1_500_000_000;

    private final Engine engine;
    private final Program program;
    private final StepRunner runner;
    private final Sequence sequence;
    private final StepReads reads;
    private final PlainRead plain;
    private final Arena arena = Arena.ofShared();
    private final int repetitions;
    private final boolean onHost;
    private final Sampler greedy;
    private final SplittableRandom random;
    private final int[] tokens;
    private final MemorySegment logits;

    /**
     * A bench over an engine that nobody else uses meanwhile.
     *
     * @param threads of the plain read
     */
    public Bench(Engine engine, int threads, int repetitions, long seed) {
        this.engine = engine;
        this.repetitions = repetitions;
        program = engine.program();
        runner = new StepRunner(program, engine.model());
        sequence = program.newSequence();
        reads = new StepReads(program.graph(), program.plan());
        onHost = engine.device().startsWith("cpu");
        plain = new PlainRead(onHost ? threads : 1);
        greedy = new Sampler(SamplerOptions.GREEDY, engine.model().vocabSize());
        random = new SplittableRandom(seed);
        logits = arena.allocate(4L * engine.model().vocabSize(), 64);
        tokens = random.ints(engine.context(), 0, engine.model().vocabSize()).toArray();
    }

    /** Time to compute {@code n} prompt tokens, the first answer's logits included, behind {@code depth} others. */
    public Result prefill(int depth, int n, ProgressListener progress) {
        long warm = System.nanoTime();
        do {
            prefillOnce(depth, n);
        } while (System.nanoTime() - warm < WARM_UP_NANOS);
        long[] nanos = new long[repetitions];
        long[] processor = new long[repetitions];
        for (int i = 0; i < repetitions; i++) {
            long before = processorTime();
            nanos[i] = prefillOnce(depth, n);
            processor[i] = processorTime() - before;
            progress.progress("prefill " + n, i + 1, repetitions);
        }
        return new Result("prefill", n, depth, nanos, processor, 0, 0);
    }

    /** Time of {@code n} steps of one token, sampling included, and of plain reads in between. */
    public Result decode(int depth, int n, ProgressListener progress) {
        long warm = System.nanoTime();
        List<List<MemorySegment>> steps = onHost ? steps(depth + n / 2) : List.of();
        do {
            decodeOnce(depth, Math.min(n, 32));
            steps.forEach(plain::nanos);
        } while (System.nanoTime() - warm < WARM_UP_NANOS);
        long[] nanos = new long[repetitions];
        long[] processor = new long[repetitions];
        long[] read = new long[repetitions];
        for (int i = 0; i < repetitions; i++) {
            // in turn, so that both meet the same state of the machine
            read[i] = steps.stream().mapToLong(plain::nanos).sum();
            long before = processorTime();
            nanos[i] = decodeOnce(depth, n);
            processor[i] = processorTime() - before;
            progress.progress("decode " + n, i + 1, repetitions);
        }
        Arrays.sort(read);
        long bytes = reads.bytes(depth + n / 2).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        return new Result("decode", n, depth, nanos, processor, bytes, onHost ? Result.median(read) / steps.size() : 0);
    }

    /** Processor time of the process's Java threads so far; compilers and garbage collection are not among them. */
    private static long processorTime() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isThreadCpuTimeSupported()
                ? Arrays.stream(threads.getAllThreadIds())
                        .map(threads::getThreadCpuTime)
                        .filter(t -> t > 0)
                        .sum()
                : 0;
    }

    /** Where the time of decode steps goes. */
    public Profile profileDecode(int depth, int n) {
        decodeOnce(depth, n);
        program.profile(true);
        decodeOnce(depth, n);
        Profile p = new Profile(
                "decode at depth " + depth + ", mean of " + n + " steps", lines(n, reads.bytes(depth + n / 2)));
        program.profile(false);
        return p;
    }

    /** Where the time of a prefill goes. */
    public Profile profilePrefill(int depth, int n) {
        prefillOnce(depth, n);
        program.profile(true);
        prefillOnce(depth, n);
        Profile p = new Profile("prefill of " + n + " tokens at depth " + depth, lines(1, Map.of()));
        program.profile(false);
        return p;
    }

    private List<Profile.Line> lines(int steps, Map<String, Long> bytes) {
        Map<String, Double> nanos = new LinkedHashMap<>();
        for (OpTiming t : program.timings()) {
            // what runs together stands with its first operation, so that bytes and time meet whatever a backend fuses
            String kind = t.kind().split("\\+", 2)[0];
            nanos.merge(kind, (double) t.nanos() / steps, Double::sum);
        }
        Map<String, Long> read = new LinkedHashMap<>(bytes);
        // a backend may compute scores where it selects: then the time stands there
        Long scores = read.get("IndexScores");
        if (scores != null && nanos.getOrDefault("IndexScores", 0.0) == 0) {
            read.merge("SelectTopK", scores, Long::sum);
        }
        return nanos.entrySet().stream()
                .map(e -> new Profile.Line(e.getKey(), e.getValue(), read.getOrDefault(e.getKey(), 0L)))
                .toList();
    }

    /** What several steps read, with different experts and some memory in the place of the caches. */
    private List<List<MemorySegment>> steps(int context) {
        MemorySegment cache = arena.allocate(Math.max(8, reads.cacheBytes(context)), 64);
        List<List<MemorySegment>> all = new ArrayList<>();
        for (int i = 0; i < READS_PER_REPETITION; i++) {
            List<MemorySegment> step = new ArrayList<>(reads.weights(random));
            step.add(cache);
            all.add(step);
        }
        return all;
    }

    private long prefillOnce(int depth, int n) {
        seek(depth);
        long start = System.nanoTime();
        append(depth, depth + n, true);
        return System.nanoTime() - start;
    }

    private long decodeOnce(int depth, int n) {
        seek(depth);
        long start = System.nanoTime();
        for (int i = 0; i < n; i++) {
            int at = depth + i;
            runner.append(sequence, tokens, at, at + 1, at, logits, null);
            greedy.sample(logits, 0);
        }
        return System.nanoTime() - start;
    }

    private void seek(int depth) {
        if (sequence.length() >= depth) {
            sequence.truncate(depth);
        } else {
            append(sequence.length(), depth, false);
        }
    }

    private void append(int from, int to, boolean wanted) {
        for (int at = from; at < to; ) {
            int end = Math.min(to, at + runner.maxRows());
            if (end == to && wanted) {
                runner.append(sequence, tokens, at, end, end - 1, logits, null);
                greedy.sample(logits, 0);
            } else {
                runner.append(sequence, tokens, at, end, end, logits, null);
            }
            at = end;
        }
    }

    /** What the plain reads added up to; printing it somewhere keeps them alive. */
    public long checksum() {
        return plain.sink();
    }

    @Override
    public void close() {
        plain.close();
        sequence.close();
        arena.close();
    }
}
