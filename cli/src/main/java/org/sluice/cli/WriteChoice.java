package org.sluice.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.ProgressListener;
import org.sluice.convert.ConvertOptions;
import org.sluice.convert.Converted;
import org.sluice.convert.TypePlan;
import org.sluice.error.InvalidRequestException;
import picocli.CommandLine.Option;

/** Options of commands that write a GGUF file. */
final class WriteChoice {
    private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)([KMGT]?)B?");

    @Option(
            names = "--types",
            paramLabel = "CLASS=TYPE",
            split = ",",
            description =
                    "Types of single tensor classes: embedding, head, attention, dense, sharedExpert, routedExperts,"
                            + " router, indexer.")
    private Map<String, String> types = new LinkedHashMap<>();

    @Option(
            names = "--split",
            paramLabel = "SIZE",
            description = "Write several files of at most this size, such as 40G (units of 1000).")
    private @Nullable String split;

    @Option(names = "--threads", paramLabel = "N", description = "Threads that encode (default: all processors).")
    private @Nullable Integer threads;

    @Option(names = "--overwrite", description = "Replace files that exist.")
    private boolean overwrite;

    /** A plan with the classes that were named. */
    TypePlan types(TypePlan plan) {
        for (Map.Entry<String, String> e : types.entrySet()) {
            plan = plan.with(e.getKey(), e.getValue());
        }
        return plan;
    }

    ConvertOptions options(TypePlan plan, Io io, ProgressListener bars) {
        ConvertOptions o = ConvertOptions.of(plan).withOverwrite(overwrite).withListeners(bars, line -> {
            io.err().println("sluice: note: " + line);
            io.err().flush();
        });
        o = threads == null ? o : o.withThreads(threads);
        return split == null ? o : o.withSplitBytes(bytes(split));
    }

    /** Says what was written. */
    static void report(Io io, Converted made, long nanos) {
        for (Path file : made.files()) {
            io.println(file.toString());
        }
        Table t = new Table("type", "bytes", "size");
        made.types().entrySet().stream()
                .sorted(Map.Entry.comparingByValue((a, b) -> Long.compare(b, a)))
                .forEach(
                        e -> t.row(e.getKey().toString(), Figures.count(e.getValue()), MemoryPlan.human(e.getValue())));
        io.print(t.toString());
        io.println(made.tensors() + " tensors, " + Figures.large(made.parameters()) + " parameters, "
                + MemoryPlan.human(made.bytes()) + " in " + Figures.seconds(nanos)
                + String.format(Locale.ROOT, " (%.2f GB a minute)", made.bytes() / 1e9 / (nanos / 60e9)));
    }

    private static long bytes(String size) {
        Matcher m = SIZE.matcher(size.toUpperCase(Locale.ROOT));
        if (!m.matches()) {
            throw new InvalidRequestException("--split takes a size such as 40G or 500M, not '" + size + "'");
        }
        int power = 3 * " KMGT".indexOf(m.group(2).isEmpty() ? " " : m.group(2));
        BigDecimal bytes = new BigDecimal(m.group(1)).scaleByPowerOfTen(power);
        if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new InvalidRequestException("--split " + size + " is more than any file holds");
        }
        return bytes.longValue();
    }
}
