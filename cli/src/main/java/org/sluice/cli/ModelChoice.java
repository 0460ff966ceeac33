package org.sluice.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sluice.EngineOptions;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;
import picocli.CommandLine.Option;

/** Options that say which model runs, and where. */
final class ModelChoice {
    /** At most a million of the largest unit: more does not fit into 64 bits. */
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,6})([KMGT])", Pattern.CASE_INSENSITIVE);

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
            description = "How caches are kept (default: f32, or as in the file of --session).")
    private @Nullable CacheType cache;

    @Option(
            names = "--overlong",
            description = "Let --context exceed what the model was made for; it has not learnt positions beyond that.")
    private boolean overlong;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description = "Memory for caches and buffers, such as 800M or 12G (default: what is free).")
    private @Nullable String memory;

    @Option(
            names = "--spill",
            paramLabel = "DIR",
            description = "Keep caches that do not fit into memory in a file in this directory, deleted in the end.")
    private @Nullable Path spill;

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
        d = threads == null ? d : d.withThreads(threads);
        d = memory == null ? d : d.withMemoryLimit(bytes(memory));
        return spill == null ? d : d.withSpill(spill);
    }

    OptionalInt context() {
        return context == null ? OptionalInt.empty() : OptionalInt.of(context);
    }

    /** How caches are to be kept, where the user says so. */
    Optional<CacheType> caches() {
        return Optional.ofNullable(cache);
    }

    EngineOptions engine(ProgressListener progress) {
        EngineOptions o = EngineOptions.DEFAULT.withDevice(device()).withProgress(progress);
        o = cache == null ? o : o.withCaches(cache);
        if (context == null) {
            return o;
        }
        return overlong ? o.withOverlongContext(context) : o.withContext(context);
    }

    private static long bytes(String size) {
        Matcher m = SIZE.matcher(size);
        if (!m.matches()) {
            throw new InvalidRequestException("--memory takes a size such as 800M or 12G, not '" + size + "'");
        }
        long unit = 1L << (10 * ("KMGT".indexOf(m.group(2).toUpperCase(Locale.ROOT)) + 1));
        return Math.multiplyExact(Long.parseLong(m.group(1)), unit);
    }

    /** Threads of the host that compute. */
    int threads() {
        return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    }
}
