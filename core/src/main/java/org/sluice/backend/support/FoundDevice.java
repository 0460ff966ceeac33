package org.sluice.backend.support;

import java.util.Optional;

/** What is known of a device before it is opened. */
public interface FoundDevice {
    /** What {@code --backend} takes for it. */
    String selector();

    /** Its name. */
    String name();

    /** A line about it. */
    String description();

    /** Bytes of all its memory. */
    long memory();

    /** Why it cannot be used, if it cannot. */
    Optional<String> unusable();
}
