package org.sluice.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.ProgramOptions;
import org.sluice.error.InvalidRequestException;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.ModelSummary;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What a checkpoint is made of and what it would take to run it. Reads headers only, allocates nothing for the weights. */
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "Prints a checkpoint's architecture, parameters, bytes and memory plan.")
final class InspectCommand implements Callable<Integer> {
    private static final int ROWS = 512;

    @Parameters(index = "0", arity = "0..1", paramLabel = "DIR", description = "Checkpoint folder, as with --model.")
    private @Nullable Path folder;

    @Mixin
    private ModelChoice choice = new ModelChoice();

    private final Io io;

    InspectCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        try (OpenModel files = Models.open(folder != null ? folder : choice.folder())) {
            LanguageModel model = files.model();
            ModelSummary s = model.summary();
            io.println(
                    files.path() + ": " + s.architecture() + ", " + s.layers().size() + " layers, vocabulary "
                            + Figures.count(model.vocabSize()) + ", context up to " + Figures.count(model.maxContext())
                            + " tokens");
            io.println("parameters: " + Figures.large(s.totalParameters()) + " ("
                    + Figures.count(s.totalParameters()) + "), active per token " + Figures.large(s.activeParameters())
                    + " (" + Figures.count(s.activeParameters()) + ")");
            io.println("");
            io.print(layers(s.layers()).toString());
            io.println("");
            io.print(bytes("class", s.bytes()).toString());
            io.println("");
            io.print(bytes("type", s.types()).toString());
            io.println("");
            plan(model);
        }
        return 0;
    }

    private void plan(LanguageModel model) {
        int context = choice.context().orElse(model.maxContext());
        if (context > model.maxContext()) {
            throw new InvalidRequestException(
                    "a context of " + context + " tokens was asked for, the model was made for " + model.maxContext());
        }
        DeviceOptions options = choice.device();
        try (Device device = Backends.open(options)) {
            MemoryPlan p = device.plan(
                    model.graph(GraphOptions.DEFAULT), new ProgramOptions(Math.min(ROWS, context), 1, context));
            io.println("memory on " + device.selector() + " for one conversation of " + Figures.count(context)
                    + " tokens");
            io.print(new Table("", "")
                    .row("  dense weights", MemoryPlan.human(p.denseWeights()))
                    .row("  expert weights", MemoryPlan.human(p.expertWeights()))
                    .row(
                            "  latent cache",
                            MemoryPlan.human(p.latentPerToken() * context) + " (" + Figures.count(p.latentPerToken())
                                    + " B per token)")
                    .row(
                            "  indexer cache",
                            MemoryPlan.human(p.indexPerToken() * context) + " (" + Figures.count(p.indexPerToken())
                                    + " B per token)")
                    .row("  workspace", MemoryPlan.human(p.workspace()))
                    .row("  total", MemoryPlan.human(p.total()))
                    .toString());
        }
    }

    /** Runs of equal layers, so that 78 layers stay readable. */
    private static Table layers(List<ModelSummary.Layer> layers) {
        Table t = new Table("layers", "feed-forward", "indexer");
        int from = 0;
        for (int i = 1; i <= layers.size(); i++) {
            if (i == layers.size() || !layers.get(i).equals(layers.get(from))) {
                ModelSummary.Layer l = layers.get(from);
                t.row(
                        i - 1 == from ? "" + from : from + "-" + (i - 1),
                        l.dense() ? "dense" : "experts",
                        switch (l.indexer()) {
                            case NONE -> "none: attends to the whole context";
                            case FULL -> "full: chooses positions";
                            case SHARED -> "shared: uses the choice of the nearest full layer before it";
                        });
                from = i;
            }
        }
        return t;
    }

    private static Table bytes(String what, Map<String, Long> bytes) {
        long total = bytes.values().stream().mapToLong(Long::longValue).sum();
        Table t = new Table(what, "bytes", "size", "share");
        bytes.forEach((name, n) -> t.row(
                name,
                Figures.count(n),
                MemoryPlan.human(n),
                String.format(Locale.ROOT, "%.1f %%", 100.0 * n / Math.max(1, total))));
        return t.row("total", Figures.count(total), MemoryPlan.human(total), "");
    }
}
