package org.sluice.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.Sequence;
import org.sluice.decode.Sampler;
import org.sluice.decode.SamplerOptions;
import org.sluice.decode.StepRunner;

/** A model with one sequence of random tokens. One thread uses it and closes it. */
final class DemoModel implements AutoCloseable {
    private final Engine engine;
    private final StepRunner runner;
    private final Sequence sequence;
    private final Sampler greedy;
    private final int[] tokens;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment logits;

    /** @param model a checkpoint folder; empty for the demonstration model */
    DemoModel(String model, String backend) {
        engine = Engine.load(
                folder(model),
                EngineOptions.DEFAULT.withDevice(DeviceOptions.of(backend)).withContext(2048));
        runner = new StepRunner(engine.program(), engine.model());
        sequence = engine.program().newSequence();
        greedy = new Sampler(SamplerOptions.GREEDY, engine.model().vocabSize());
        logits = arena.allocate(4L * engine.model().vocabSize(), 64);
        tokens = new SplittableRandom(1)
                .ints(engine.context(), 0, engine.model().vocabSize())
                .toArray();
    }

    /** The folder of that name, or the demonstration model's where it is empty. */
    static Path folder(String model) {
        return model.isEmpty() ? demo() : Path.of(model);
    }

    private static Path demo() {
        Path start = Path.of("").toAbsolutePath();
        for (Path p = start; p != null; p = p.getParent()) {
            if (Files.exists(p.resolve("models/demo/config.json"))) {
                return p.resolve("models/demo");
            }
        }
        throw new IllegalStateException("no models/demo above " + start + "; give one with -p model=DIR");
    }

    /** Goes to a position and computes {@code n} tokens from there, in steps of {@code rows}. */
    int run(int depth, int n, int rows) {
        if (sequence.length() < depth) {
            for (int at = sequence.length(); at < depth; at += runner.maxRows()) {
                int end = Math.min(depth, at + runner.maxRows());
                runner.append(sequence, tokens, at, end, end, logits, null);
            }
        }
        sequence.truncate(depth);
        int last = 0;
        for (int at = depth; at < depth + n; at += rows) {
            int end = Math.min(depth + n, at + rows);
            runner.append(sequence, tokens, at, end, end - 1, logits, null);
            last = greedy.sample(logits, 0);
        }
        return last;
    }

    int maxRows() {
        return runner.maxRows();
    }

    @Override
    public void close() {
        sequence.close();
        arena.close();
        engine.close();
    }
}
