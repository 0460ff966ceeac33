package org.sluice.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sluice.Engine;
import org.sluice.EngineOptions;
import org.sluice.backend.MemoryPlan;
import org.sluice.cli.bench.Bench;
import org.sluice.cli.bench.Profile;
import org.sluice.cli.bench.Result;
import org.sluice.error.InvalidRequestException;
import org.sluice.model.ModelSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Speed of prefill and decode, beside what the memory of this machine would allow. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Measures prefill and decode: medians, and beside decode a plain read of the same bytes.")
final class BenchCommand implements Callable<Integer> {
    @Option(names = "--prompt", split = ",", paramLabel = "N", description = "Prompt sizes (default: 128,512).")
    private List<Integer> prompts = new ArrayList<>();

    @Option(names = "--generate", split = ",", paramLabel = "N", description = "Tokens to generate (default: 128).")
    private List<Integer> generations = new ArrayList<>();

    @Option(
            names = "--depth",
            split = ",",
            paramLabel = "N",
            description = "Tokens that are in the cache before (default: 0).")
    private List<Integer> depths = new ArrayList<>();

    @Option(names = "--repeat", defaultValue = "5", paramLabel = "N", description = "Repetitions (default: 5).")
    private int repeat = 5;

    @Option(names = "--seed", defaultValue = "1", paramLabel = "N", description = "Of the random tokens.")
    private long seed = 1;

    @Option(names = "--rows", paramLabel = "N", description = "Token rows of a prefill step (default: 512).")
    private @Nullable Integer rows;

    @Option(names = "--profile", description = "Print where the time of a step goes.")
    private boolean profile;

    @Option(names = "--json", description = "Print one JSON object instead of tables.")
    private boolean json;

    @Mixin
    private ModelChoice choice = new ModelChoice();

    private final Io io;

    BenchCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        defaultTo(prompts, 128, 512);
        defaultTo(generations, 128);
        defaultTo(depths, 0);
        check();
        long start = System.nanoTime();
        try (Bars bars = new Bars(io);
                Engine engine = Engine.load(choice.folder(), options(bars))) {
            double loaded = (System.nanoTime() - start) / 1e9;
            List<Result> results = new ArrayList<>();
            List<Profile> profiles = new ArrayList<>();
            try (Bench bench = new Bench(engine, choice.threads(), repeat, seed)) {
                for (int depth : depths) {
                    for (int n : prompts) {
                        results.add(bench.prefill(depth, n, bars));
                    }
                    for (int n : generations) {
                        results.add(bench.decode(depth, n, bars));
                    }
                    if (profile) {
                        prompts.stream()
                                .max(Integer::compare)
                                .filter(n -> n > 0)
                                .ifPresent(n -> profiles.add(bench.profilePrefill(depth, n)));
                        profiles.add(bench.profileDecode(depth, generations.getFirst()));
                    }
                }
            }
            bars.done();
            if (json) {
                io.println(Json.write(object(engine, loaded, results, profiles)));
            } else {
                print(engine, loaded, results, profiles);
            }
        }
        return 0;
    }

    private static void defaultTo(List<Integer> list, Integer... values) {
        if (list.isEmpty()) {
            list.addAll(List.of(values));
        }
    }

    private void check() {
        if (repeat < 1) {
            throw new InvalidRequestException("--repeat must be at least 1, not " + repeat);
        }
        if (prompts.stream().anyMatch(n -> n < 1)) {
            throw new InvalidRequestException("--prompt sizes must be at least 1, not " + prompts);
        }
        if (generations.stream().anyMatch(n -> n < 1)) {
            throw new InvalidRequestException("--generate sizes must be at least 1, not " + generations);
        }
        if (depths.stream().anyMatch(n -> n < 0)) {
            throw new InvalidRequestException("--depth must not be negative, but is " + depths);
        }
    }

    private EngineOptions options(Bars bars) {
        EngineOptions o = choice.engine(bars);
        if (choice.context().isEmpty()) {
            long most = Math.max(
                            prompts.stream().mapToInt(n -> n).max().orElse(0),
                            generations.stream().mapToInt(n -> n).max().orElse(0))
                    + (long) depths.stream().mapToInt(n -> n).max().orElse(0);
            if (most >= Integer.MAX_VALUE) {
                throw new InvalidRequestException("a context of " + most + " tokens is more than there can be");
            }
            o = o.withContext((int) Math.max(2, most));
        }
        return rows == null ? o : o.withMaxRows(rows);
    }

    private void print(Engine engine, double loaded, List<Result> results, List<Profile> profiles) {
        ModelSummary s = engine.model().summary();
        io.println(engine.path() + ": " + s.architecture() + ", " + Figures.large(s.totalParameters()) + " parameters, "
                + Figures.large(s.activeParameters()) + " active, " + types(s.types()));
        io.println(engine.device() + ", ready after " + String.format(Locale.ROOT, "%.2f s", loaded));
        io.println("");
        Table t = new Table(
                "test", "depth", "tokens/s", "ms", "fastest", "slowest", "bytes/token", "GB/s", "plain read", "share");
        for (Result r : results) {
            boolean read = r.plainRead() > 0;
            t.row(
                    r.test() + " " + r.tokens(),
                    "" + r.depth(),
                    Figures.rate(r.rate()),
                    String.format(Locale.ROOT, "%.2f", r.median() / 1e6),
                    String.format(Locale.ROOT, "%.2f", r.fastest() / 1e6),
                    String.format(Locale.ROOT, "%.2f", r.slowest() / 1e6),
                    read ? MemoryPlan.human(r.bytes()) : "",
                    read ? String.format(Locale.ROOT, "%.1f", r.bytes() * r.rate() / 1e9) : "",
                    read
                            ? String.format(
                                    Locale.ROOT, "%.1f GB/s = %s/s", r.readSpeed() / 1e9, Figures.rate(r.plainRead()))
                            : "",
                    read ? String.format(Locale.ROOT, "%.0f %%", 100 * r.rate() / r.plainRead()) : "");
        }
        io.print(t.toString());
        for (Profile p : profiles) {
            io.println("");
            io.println(p.title());
            Table ops = new Table("op", "ms/step", "share", "bytes/step", "GB/s");
            for (Profile.Line l : p.lines()) {
                ops.row(
                        l.kind(),
                        String.format(Locale.ROOT, "%.4f", l.nanos() / 1e6),
                        String.format(Locale.ROOT, "%.1f %%", 100 * l.nanos() / p.nanos()),
                        l.bytes() == 0 ? "" : MemoryPlan.human(l.bytes()),
                        l.bytes() == 0 ? "" : String.format(Locale.ROOT, "%.1f", l.bytes() / l.nanos()));
            }
            ops.row(
                    "all",
                    String.format(Locale.ROOT, "%.4f", p.nanos() / 1e6),
                    "",
                    MemoryPlan.human(p.bytes()),
                    String.format(Locale.ROOT, "%.1f", p.bytes() / p.nanos()));
            io.print(ops.toString());
        }
    }

    private static String types(Map<String, Long> types) {
        List<String> all = new ArrayList<>();
        types.forEach((t, n) -> all.add(t + " " + MemoryPlan.human(n)));
        return String.join(", ", all);
    }

    private Map<String, @Nullable Object> object(
            Engine engine, double loaded, List<Result> results, List<Profile> profiles) {
        ModelSummary s = engine.model().summary();
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("model", engine.path().toString());
        m.put("architecture", s.architecture());
        m.put("parameters", s.totalParameters());
        m.put("active_parameters", s.activeParameters());
        m.put("device", engine.device());
        m.put("threads", choice.threads());
        m.put("repetitions", repeat);
        m.put("load_seconds", loaded);
        m.put("results", results.stream().map(Result::toMap).toList());
        m.put("profiles", profiles.stream().map(Profile::toMap).toList());
        return m;
    }
}
