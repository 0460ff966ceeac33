package org.sluice.cli.compare;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.backend.Sequence;
import org.sluice.cli.bench.Bench;
import org.sluice.cli.bench.Profile;
import org.sluice.cli.bench.Result;
import org.sluice.decode.CancelToken;
import org.sluice.decode.Generation;
import org.sluice.decode.GenerationOptions;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.StepRunner;
import org.sluice.decode.TokenListener;

/** Runs one model with one prompt on one device after the other. One thread uses it; closing it frees the reference's logits. */
public final class Contest implements AutoCloseable {
    private final Path model;
    private final EngineOptions options;
    private final Settings settings;
    private final int[] prompt;
    private final Arena arena = Arena.ofShared();
    private int[] answer = {};
    private MemorySegment logits = MemorySegment.NULL;

    /**
     * How much is measured.
     *
     * @param tokens of the answer that are compared
     * @param prefill tokens of a prefill
     * @param decode steps of a decode
     * @param repetitions of both
     * @param threads on the host
     * @param seed of the tokens that prefill and decode take
     */
    public record Settings(int tokens, int prefill, int decode, int repetitions, int threads, long seed) {
        /** Tokens that a sequence must hold. */
        int context(int prompt) {
            return Math.max(prompt + tokens, Math.max(prefill, decode)) + 1;
        }
    }

    /** @param options their device does not matter */
    public Contest(Path model, EngineOptions options, Settings settings, int[] prompt) {
        this.model = model;
        this.settings = settings;
        this.prompt = prompt.clone();
        this.options = options.context().isPresent() ? options : options.withContext(settings.context(prompt.length));
    }

    /** Lets the device answer whose answer and logits are the measure for the others. */
    public void reference(DeviceOptions device) {
        try (Engine engine = Engine.load(model, options.withDevice(device))) {
            answer = answer(engine).tokens();
            logits = logits(engine, arena);
        }
    }

    /** Measures a device. */
    public DeviceRun run(DeviceOptions device, ProgressListener progress) {
        forgetResidentPeak();
        long begun = System.nanoTime();
        try (Engine engine = Engine.load(model, options.withDevice(device).withProgress(progress));
                Arena own = Arena.ofShared()) {
            double load = (System.nanoTime() - begun) / 1e9;
            Generation first = answer(engine);
            Distance distance = Distance.between(
                    logits, logits(engine, own), answer.length, engine.model().vocabSize());
            int difference = Arrays.mismatch(answer, first.tokens());
            Result prefill;
            Result decode;
            Profile profile;
            try (Bench bench = new Bench(engine, settings.threads(), settings.repetitions(), settings.seed())) {
                prefill = bench.prefill(0, settings.prefill(), progress);
                decode = bench.decode(0, settings.decode(), progress);
                profile = bench.profileDecode(0, settings.decode());
            }
            OptionalLong resident = residentPeak();
            Map<String, Long> flops = StepFlops.of(engine.program().graph(), settings.decode() / 2);
            return new DeviceRun(
                    device.selector(),
                    engine.device(),
                    load,
                    first.firstTokenNanos() / 1e9,
                    prefill,
                    decode,
                    engine.memory().total(),
                    resident,
                    Peak.measure(device),
                    lines(profile, flops),
                    distance,
                    Arrays.stream(first.tokens()).boxed().toList(),
                    difference < 0 ? OptionalInt.empty() : OptionalInt.of(difference));
        }
    }

    private static List<OpLine> lines(Profile profile, Map<String, Long> flops) {
        Map<String, Long> left = new LinkedHashMap<>(flops);
        // a backend may compute scores where it selects: then the time stands there
        if (profile.lines().stream().noneMatch(l -> l.kind().equals("IndexScores"))) {
            left.merge("SelectTopK", left.getOrDefault("IndexScores", 0L), Long::sum);
        }
        return profile.lines().stream()
                .map(l -> new OpLine(l.kind(), l.nanos(), l.bytes(), left.getOrDefault(l.kind(), 0L)))
                .toList();
    }

    private Generation answer(Engine engine) {
        try (Session session = engine.newSession()) {
            return session.generate(
                    prompt,
                    new GenerationOptions(settings.tokens(), Set.of(), SamplerOptions.GREEDY),
                    TokenListener.NONE,
                    ProgressListener.NONE,
                    new CancelToken());
        }
    }

    /** Logits behind the prompt and behind each token of the reference's answer but the last. */
    private MemorySegment logits(Engine engine, Arena where) {
        StepRunner runner = new StepRunner(engine.program(), engine.model());
        long row = 4L * engine.model().vocabSize();
        MemorySegment all = where.allocate(row * answer.length, 64);
        int[] tokens = Arrays.copyOf(prompt, prompt.length + answer.length);
        System.arraycopy(answer, 0, tokens, prompt.length, answer.length);
        try (Sequence s = engine.program().newSequence()) {
            for (int at = 0; at < prompt.length; ) {
                int end = Math.min(prompt.length, at + runner.maxRows());
                runner.append(s, tokens, at, end, end == prompt.length ? end - 1 : end, all, null);
                at = end;
            }
            for (int i = 1; i < answer.length; i++) {
                int at = prompt.length + i - 1;
                runner.append(s, tokens, at, at + 1, at, all.asSlice(row * i), null);
            }
        }
        return all;
    }

    /** Linux keeps the largest resident size of a process and lets it be reset. */
    private static void forgetResidentPeak() {
        System.gc();
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        } catch (IOException e) {
            // then the peak is that of the whole process, or not known at all
        }
    }

    private static OptionalLong residentPeak() {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(l -> l.startsWith("VmHWM:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** The answer the others are held to. */
    public List<Integer> answer() {
        return new ArrayList<>(Arrays.stream(answer).boxed().toList());
    }

    @Override
    public void close() {
        arena.close();
    }
}
