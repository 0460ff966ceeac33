package org.sluice.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;
import picocli.CommandLine.Option;

/** Options that say which model runs, and where. */
final class ModelChoice {
    @Option(
            names = "--model",
            paramLabel = "PATH",
            description =
                    "Checkpoint folder or GGUF file (any file of a split one); by default the demonstration model beside the launcher.")
    private @Nullable Path model;

    @Option(
            names = "--backend",
            paramLabel = "SELECTOR",
            defaultValue = "cpu",
            description = "Device, as 'sluice devices' lists them (default: ${DEFAULT-VALUE}).")
    private String backend = "cpu";

    @Option(names = "--threads", paramLabel = "N", description = "Threads on the host (default: all processors).")
    private @Nullable Integer threads;

    @Option(
            names = "--context",
            paramLabel = "TOKENS",
            description = "Tokens of the longest conversation (default: the model's own, as far as memory allows).")
    private @Nullable Integer context;

    @Option(
            names = "--cache",
            paramLabel = "f32|bf16|fp8",
            defaultValue = "f32",
            description = "How caches are kept (default: ${DEFAULT-VALUE}).")
    private CacheType cache = CacheType.F32;

    @Option(names = "--exact", description = "Float32 arithmetic on the stored weights: activations are never rounded.")
    private boolean exact;

    Path folder() {
        if (model != null) {
            return model;
        }
        String home = System.getProperty("sluice.home", "");
        Path demo = (home.isEmpty() ? Path.of("") : Path.of(home)).resolve("models", "demo");
        if (!Files.isDirectory(demo)) {
            throw new InvalidRequestException(
                    demo + " does not hold the demonstration model; name a checkpoint folder with --model");
        }
        return demo;
    }

    DeviceOptions device() {
        return device(backend);
    }

    /** Another device, opened as the options say. */
    DeviceOptions device(String selector) {
        DeviceOptions d = DeviceOptions.of(selector).withExact(exact);
        return threads == null ? d : d.withThreads(threads);
    }

    OptionalInt context() {
        return context == null ? OptionalInt.empty() : OptionalInt.of(context);
    }

    EngineOptions engine(ProgressListener progress) {
        EngineOptions o =
                EngineOptions.DEFAULT.withDevice(device()).withCaches(cache).withProgress(progress);
        return context == null ? o : o.withContext(context);
    }

    /** Threads of the host that compute. */
    int threads() {
        return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    }
}
