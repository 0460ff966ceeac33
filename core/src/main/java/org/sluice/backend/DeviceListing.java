package org.sluice.backend;

/** A line of what a backend finds on a machine. */
public sealed interface DeviceListing {
    /** Selector that opens it, such as {@code cpu:vector}. */
    String selector();

    /**
     * A device that can be opened.
     *
     * @param description model, speed class, instruction sets: one line
     * @param memoryBytes memory it computes in
     */
    record Found(String selector, String description, long memoryBytes) implements DeviceListing {}

    /**
     * A device or a whole backend that cannot be used.
     *
     * @param reason why, with the remedy
     */
    record Missing(String selector, String reason) implements DeviceListing {}
}
