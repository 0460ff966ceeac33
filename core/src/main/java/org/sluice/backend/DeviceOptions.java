package org.sluice.backend;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a device is opened.
 *
 * @param selector backend name and what it takes to tell devices apart, separated by colons: {@code cpu}, {@code cpu:vector}
 * @param threads threads on the host, where the backend computes there; default all processors
 * @param exact only float32 arithmetic on the stored weights: activations and caches are never rounded
 * @param memoryLimit bytes its programs may take together; default what the device has free
 * @param spill directory for caches that do not fit into memory; default none, and such caches are refused
 */
public record DeviceOptions(
        String selector, OptionalInt threads, boolean exact, OptionalLong memoryLimit, Optional<Path> spill) {
    /** Checks the numbers. */
    public DeviceOptions {
        if (threads.isPresent() && (threads.getAsInt() < 1 || threads.getAsInt() > 1024)) {
            throw new org.sluice.error.InvalidRequestException(
                    "threads must be between 1 and 1024, not " + threads.getAsInt());
        }
    }

    /** Defaults for a selector. */
    public static DeviceOptions of(String selector) {
        return new DeviceOptions(selector, OptionalInt.empty(), false, OptionalLong.empty(), Optional.empty());
    }

    /** These options with a number of threads. */
    public DeviceOptions withThreads(int n) {
        return new DeviceOptions(selector, OptionalInt.of(n), exact, memoryLimit, spill);
    }

    /** These options with exact arithmetic on or off. */
    public DeviceOptions withExact(boolean on) {
        return new DeviceOptions(selector, threads, on, memoryLimit, spill);
    }

    /** These options with a limit on memory. */
    public DeviceOptions withMemoryLimit(long bytes) {
        return new DeviceOptions(selector, threads, exact, OptionalLong.of(bytes), spill);
    }

    /** These options with a directory for caches that do not fit into memory. */
    public DeviceOptions withSpill(Path directory) {
        return new DeviceOptions(selector, threads, exact, memoryLimit, Optional.of(directory));
    }

    /** The part of the selector before the first colon. */
    public String backend() {
        int colon = selector.indexOf(':');
        return colon < 0 ? selector : selector.substring(0, colon);
    }

    /** The part of the selector behind the first colon, or an empty string. */
    public String rest() {
        int colon = selector.indexOf(':');
        return colon < 0 ? "" : selector.substring(colon + 1);
    }
}
