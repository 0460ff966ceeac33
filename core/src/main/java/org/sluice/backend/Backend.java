package org.sluice.backend;

import java.util.List;
import org.sluice.error.BackendException;

/** One way to run graphs, found by {@link java.util.ServiceLoader}. Stateless and safe for use by several threads. */
public interface Backend {
    /** The first part of its selectors: {@code cpu}, {@code cuda}, {@code opencl}. */
    String name();

    /** What this backend finds on the machine, missing things with their reason. Never throws, opens nothing. */
    List<DeviceListing> list();

    /**
     * Opens a device.
     *
     * @throws BackendException where there is none for the selector, with the reason
     */
    Device open(DeviceOptions options);

    /** Whether caches can be spilled to a file ({@link DeviceOptions#spill()}). */
    default boolean spills() {
        return false;
    }
}
