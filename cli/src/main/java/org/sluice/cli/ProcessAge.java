package org.sluice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How long this process exists. */
final class ProcessAge {
    /** Ticks of a second in {@code /proc}, the same on every Linux machine. */
    private static final double TICKS = 100;

    /** Fields of {@code /proc/self/stat} between the name, which may hold anything in its brackets, and the start. */
    private static final int START = 19;

    private ProcessAge() {}

    /** Age in milliseconds, to a hundredth of a second on Linux, or empty where the system does not tell. */
    static Optional<Double> millis() {
        try {
            String stat = Files.readString(Path.of("/proc/self/stat"));
            String up = Files.readString(Path.of("/proc/uptime"));
            double start =
                    Double.parseDouble(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[START]) / TICKS;
            return Optional.of(1000 * (Double.parseDouble(up.substring(0, up.indexOf(' '))) - start));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            // Java counts from the second in which the machine was started, so it may be a second off.
            return ProcessHandle.current().info().startInstant().map(begun ->
                    (double) Duration.between(begun, Instant.now()).toMillis());
        }
    }
}
