package org.sluice.cli;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.sluice.error.SluiceException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/**
 * The {@code sluice} command. Exit codes: 0, 2 for input that cannot be used, with one line on the standard error, 1 for a
 * mistake of ours.
 */
@Command(
        name = "sluice",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "GLM-5.2-class language models in the JVM.")
public final class Main implements Runnable {
    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean verbose;

    private final Io io;
    private @Nullable CommandLine line;

    private Main(Io io) {
        this.io = io;
    }

    /** Runs the command and ends the process. */
    public static void main(String[] args) {
        System.exit(run(Io.system(), args));
    }

    /** Runs the command and returns the exit code. */
    static int run(Io io, String... args) {
        Main main = new Main(io);
        CommandLine line = new CommandLine(main);
        main.line = line;
        // Reading a command's annotations takes a while: only the one that is asked for is looked at.
        for (Subcommand s : Subcommand.values()) {
            boolean others = Arrays.stream(Subcommand.values())
                    .noneMatch(o -> Arrays.asList(args).contains(o.word()));
            if (others || Arrays.asList(args).contains(s.word())) {
                line.addSubcommand(s.word(), s.make.apply(io));
            }
        }
        line.setOut(new java.io.PrintWriter(io.out(), true, java.nio.charset.StandardCharsets.UTF_8));
        line.setErr(new java.io.PrintWriter(io.err(), true, java.nio.charset.StandardCharsets.UTF_8));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, a) -> main.wrongUse(e));
        line.setExecutionExceptionHandler((e, c, r) -> main.failed(e));
        int code = line.execute(args);
        io.out().flush();
        return code;
    }

    @Override
    public void run() {
        if (line != null) {
            line.usage(io.out());
        }
    }

    private int wrongUse(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        return say(firstLine(e.getMessage()) + " (" + command + " --help shows the options)", e, ExitCode.USAGE);
    }

    private int failed(Exception e) {
        return switch (e) {
            case Io.BrokenPipeException _ -> ExitCode.OK;
            case SluiceException wrong -> say(firstLine(wrong.getMessage()), wrong, ExitCode.USAGE);
            default -> say("internal error: " + firstLine(e.toString()), e, ExitCode.SOFTWARE);
        };
    }

    private int say(String message, Exception e, int code) {
        io.out().flush();
        io.err().println("sluice: " + message);
        if (verbose) {
            e.printStackTrace(io.err());
        }
        io.err().flush();
        return code;
    }

    private static String firstLine(@Nullable String message) {
        return message == null
                ? ""
                : message.lines().reduce((a, b) -> a + " " + b.strip()).orElse("");
    }

    @SuppressWarnings("ImmutableEnumChecker") // constructors do not change
    private enum Subcommand {
        CHAT(ChatCommand::new),
        GENERATE(GenerateCommand::new),
        INSPECT(InspectCommand::new),
        DEVICES(DevicesCommand::new),
        BENCH(BenchCommand::new),
        CONVERT(ConvertCommand::new),
        SYNTHESIZE(SynthesizeCommand::new),
        COMPARE(CompareCommand::new);

        private final Function<Io, Object> make;

        Subcommand(Function<Io, Object> make) {
            this.make = make;
        }

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** What the jar says it is. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"sluice " + (version == null ? "development build" : version)};
        }
    }
}
