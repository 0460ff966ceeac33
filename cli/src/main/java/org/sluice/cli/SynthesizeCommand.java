package org.sluice.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.sluice.convert.Converted;
import org.sluice.convert.Synthesizer;
import org.sluice.convert.TypePlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A random model of any shape, for measurements. */
@Command(
        name = "synthesize",
        mixinStandardHelpOptions = true,
        description = "Writes a GGUF file of random weights in the shape of a description, for measurements.")
final class SynthesizeCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "CONFIG.json",
            description =
                    "JSON with an object 'config' in the form of a config.json and an object 'types' by tensor class.")
    private Path description = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "The .gguf file to write.")
    private Path target = Path.of("");

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same file (default: 0).")
    private long seed;

    @Mixin
    private WriteChoice choice = new WriteChoice();

    private final Io io;

    SynthesizeCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        long start = System.nanoTime();
        Synthesizer.Description read = Synthesizer.Description.read(description);
        TypePlan types = choice.types(read.types());
        Converted made;
        try (Bars bars = new Bars(io)) {
            made = Synthesizer.synthesize(
                    new Synthesizer.Description(read.config(), types, read.name()),
                    target,
                    seed,
                    choice.options(types, io, bars));
        }
        WriteChoice.report(io, made, System.nanoTime() - start);
        return 0;
    }
}
