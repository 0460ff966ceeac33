package org.sluice.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sluice.convert.ConvertOptions;
import org.sluice.convert.Converted;
import org.sluice.convert.Converter;
import org.sluice.convert.TypePlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A Hugging Face checkpoint as a GGUF file. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        description = "Writes a safetensors checkpoint as a GGUF file, which llama.cpp reads as well.")
final class ConvertCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "Checkpoint folder with config.json.")
    private Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "The .gguf file to write.")
    private Path target = Path.of("");

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "Q8_0",
            description =
                    "F32, F16, BF16 or Q8_0: all matrices. A smaller type such as Q4_K, Q5_K, Q6_K or IQ4_XS: the routed"
                            + " experts, the rest in Q8_0 (default: ${DEFAULT-VALUE}).")
    private String type = "Q8_0";

    @Option(
            names = "--importance",
            paramLabel = "FILE",
            description = "Importance matrix, as llama.cpp's imatrix writes it.")
    private @Nullable Path importance;

    @Mixin
    private WriteChoice choice = new WriteChoice();

    private final Io io;

    ConvertCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        long start = System.nanoTime();
        Converted made;
        try (Bars bars = new Bars(io)) {
            ConvertOptions options = choice.options(choice.types(TypePlan.preset(type)), io, bars);
            options = importance == null ? options : options.withImportance(importance);
            made = Converter.convert(folder, target, options);
        }
        WriteChoice.report(io, made, System.nanoTime() - start);
        return 0;
    }
}
