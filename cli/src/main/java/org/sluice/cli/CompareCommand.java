package org.sluice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.MemoryPlan;
import org.sluice.chat.ChatFormat;
import org.sluice.chat.Message;
import org.sluice.chat.PromptOptions;
import org.sluice.cli.compare.Comparison;
import org.sluice.cli.compare.Contest;
import org.sluice.cli.compare.DeviceRun;
import org.sluice.cli.compare.Numbers;
import org.sluice.cli.compare.OpLine;
import org.sluice.cli.compare.Page;
import org.sluice.error.BackendException;
import org.sluice.error.CheckpointException;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.error.UnsupportedException;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One model on every backend that is there: speed, memory, where the time goes, distance from the reference. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = "Runs one prompt on several backends: speed, time by operation, distance from the reference.")
final class CompareCommand implements Callable<Integer> {
    private static final String REFERENCE = "cpu:reference";
    private static final int RANDOM_PROMPT = 32;

    @Option(
            names = "--backends",
            split = ",",
            paramLabel = "SELECTOR",
            description = "Backends (default: all that are there but the reference).")
    private List<String> backends = new ArrayList<>();

    @Option(
            names = "--reference",
            defaultValue = REFERENCE,
            paramLabel = "SELECTOR",
            description = "Whose logits the others are held to (default: ${DEFAULT-VALUE}).")
    private String reference = REFERENCE;

    @Option(
            names = "--prompt",
            defaultValue = "What is 17 + 25?",
            paramLabel = "TEXT",
            description = "What is asked (default: ${DEFAULT-VALUE}).")
    private String prompt = "What is 17 + 25?";

    @Option(names = "--tokens", defaultValue = "32", paramLabel = "N", description = "Of the answer (default: 32).")
    private int tokens = 32;

    @Option(names = "--prefill", defaultValue = "128", paramLabel = "N", description = "Rows (default: 128).")
    private int prefill = 128;

    @Option(names = "--generate", defaultValue = "64", paramLabel = "N", description = "Decode steps (default: 64).")
    private int generate = 64;

    @Option(names = "--repeat", defaultValue = "5", paramLabel = "N", description = "Repetitions (default: 5).")
    private int repeat = 5;

    @Option(names = "--seed", defaultValue = "1", paramLabel = "N", description = "Of random tokens (default: 1).")
    private long seed = 1;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with charts.")
    private @Nullable Path html;

    @Option(names = "--json", paramLabel = "FILE", description = "Write everything as JSON.")
    private @Nullable Path json;

    @Mixin
    private ModelChoice choice = new ModelChoice();

    private final Io io;

    CompareCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        check();
        int[] asked = encode();
        Map<String, String> absent = new LinkedHashMap<>();
        List<String> selectors = selectors(absent);
        List<DeviceRun> runs = new ArrayList<>();
        Contest.Settings settings = new Contest.Settings(tokens, prefill, generate, repeat, choice.threads(), seed);
        try (Bars bars = new Bars(io);
                Contest contest = new Contest(choice.folder(), choice.engine(bars), settings, asked)) {
            contest.reference(choice.device(reference).withExact(true));
            for (String s : selectors) {
                try {
                    runs.add(contest.run(choice.device(s), bars));
                } catch (BackendException | UnsupportedException | MemoryLimitException e) {
                    absent.put(s, String.valueOf(e.getMessage()));
                }
            }
            bars.done();
        }
        Comparison all = new Comparison(name(), machine(), date(), prompt, asked.length, seed, reference, runs, absent);
        print(all);
        write(html, () -> Page.of(all));
        write(json, () -> Json.write(all.toMap()) + "\n");
        return 0;
    }

    private void check() {
        for (int n : new int[] {tokens, prefill, generate, repeat}) {
            if (n < 1) {
                throw new InvalidRequestException(
                        "--tokens, --prefill, --generate and --repeat must be at least 1, not " + n);
            }
        }
    }

    /** The backends that were asked for, or all that are there; the reference is measured only where it is asked for. */
    private List<String> selectors(Map<String, String> absent) {
        if (!backends.isEmpty()) {
            return backends;
        }
        List<String> found = new ArrayList<>();
        for (DeviceListing d : Backends.list()) {
            switch (d) {
                case DeviceListing.Found f when !f.selector().equals(REFERENCE) -> found.add(f.selector());
                case DeviceListing.Found f -> {}
                case DeviceListing.Missing m -> absent.put(m.selector(), m.reason());
            }
        }
        return found;
    }

    /** The prompt as the model's chat format has it; random tokens where the checkpoint brings no tokenizer. */
    private int[] encode() {
        try (ChatFormat format = ChatFormat.open(choice.folder())) {
            return format.encode(List.of(Message.user(prompt)), List.of(), PromptOptions.defaults());
        } catch (CheckpointException e) {
            prompt = "random tokens, as the checkpoint has no chat format";
            try (OpenModel model = Models.open(choice.folder())) {
                return new SplittableRandom(seed)
                        .ints(RANDOM_PROMPT, 0, model.model().vocabSize())
                        .toArray();
            }
        }
    }

    private String name() {
        Path p = choice.folder().toAbsolutePath().normalize().getFileName();
        return p == null ? choice.folder().toString() : p.toString();
    }

    private static String machine() {
        return processor() + ", " + Runtime.getRuntime().availableProcessors() + " processors, "
                + System.getProperty("os.name") + ", Java " + Runtime.version().feature();
    }

    private static String processor() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(l -> l.startsWith("model name"))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    private static String date() {
        return Instant.now().truncatedTo(ChronoUnit.MINUTES).toString();
    }

    private void print(Comparison all) {
        io.println(all.model() + " on " + all.machine());
        io.println("");
        Table t = new Table(
                "backend",
                "load s",
                "first token ms",
                "prefill/s",
                "decode/s",
                "planned",
                "resident",
                "max diff",
                "mean diff",
                "KL",
                "differs at");
        for (DeviceRun r : all.runs()) {
            t.row(
                    r.selector(),
                    String.format(java.util.Locale.ROOT, "%.2f", r.loadSeconds()),
                    String.format(java.util.Locale.ROOT, "%.1f", r.firstTokenSeconds() * 1e3),
                    Figures.rate(r.prefill().rate()),
                    Figures.rate(r.decode().rate()),
                    MemoryPlan.human(r.planned()),
                    r.residentPeak().isPresent()
                            ? MemoryPlan.human(r.residentPeak().getAsLong())
                            : "–",
                    String.format(java.util.Locale.ROOT, "%.1e", r.distance().max()),
                    String.format(java.util.Locale.ROOT, "%.1e", r.distance().mean()),
                    String.format(java.util.Locale.ROOT, "%.1e", r.distance().divergence()),
                    r.firstDifference().isPresent()
                            ? "token " + r.firstDifference().getAsInt()
                            : "never");
        }
        io.print(t.toString());
        all.runs().forEach(this::operations);
        all.absent().forEach((name, reason) -> io.println(name + " is missing: " + reason));
    }

    /** Where a decode step goes: as much of it as the page shows, the longest first. */
    private void operations(DeviceRun r) {
        io.println("");
        io.println(r.selector() + ", operations of a decode step (shares of "
                + Numbers.giga(r.peak().bytesPerSecond()) + " GB/s and "
                + Numbers.giga(r.peak().flopsPerSecond()) + " GFLOP/s that one large product reaches):");
        Table t = new Table("operation", "ms", "of step", "bytes", "of bandwidth", "MFLOP", "of peak");
        for (OpLine o : r.ops()) {
            boolean reads = o.bytes() > 0 && o.nanos() > 0;
            boolean computes = o.flops() > 0 && o.nanos() > 0;
            t.row(
                    o.kind(),
                    Numbers.millis(o.nanos()),
                    Numbers.percent(o.nanos() / r.opNanos()),
                    reads ? MemoryPlan.human(o.bytes()) : "–",
                    reads ? Numbers.percent(o.bytesPerSecond() / r.peak().bytesPerSecond()) : "–",
                    computes ? Numbers.small(o.flops() / 1e6) : "–",
                    computes ? Numbers.percent(o.flopsPerSecond() / r.peak().flopsPerSecond()) : "–");
        }
        io.print(t.toString());
    }

    private static void write(@Nullable Path file, java.util.function.Supplier<String> text) {
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, text.get());
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
