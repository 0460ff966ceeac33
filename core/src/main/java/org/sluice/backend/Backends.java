package org.sluice.backend;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.sluice.error.BackendException;
import org.sluice.error.UnsupportedException;

/** Finds the backends that are on the class or module path. */
public final class Backends {
    private Backends() {}

    /** All backends, by name. One that cannot be loaded is left out: {@link #list()} says why. */
    public static List<Backend> all() {
        List<Backend> found = new ArrayList<>();
        load(found, new ArrayList<>());
        return found;
    }

    /** Every device of every backend, missing ones with their reason. */
    public static List<DeviceListing> list() {
        List<Backend> found = new ArrayList<>();
        List<DeviceListing> lines = new ArrayList<>();
        load(found, lines);
        found.forEach(b -> lines.addAll(b.list()));
        return lines;
    }

    /**
     * Opens the device a selector names.
     *
     * @throws BackendException where no backend of that name is there, or it has no such device
     * @throws UnsupportedException where caches are to be spilled and it cannot do that
     */
    public static Device open(DeviceOptions options) {
        List<Backend> all = all();
        for (Backend b : all) {
            if (b.name().equals(options.backend())) {
                if (options.spill().isPresent() && !b.spills()) {
                    throw new UnsupportedException("the backend '" + b.name()
                            + "' keeps caches where it computes and cannot spill them to a file; the CPU can");
                }
                return b.open(options);
            }
        }
        throw new BackendException("there is no backend '" + options.backend() + "'; on the class path are "
                + all.stream().map(Backend::name).toList() + "; add the module sluice-backend-" + options.backend());
    }

    /** {@link #open(DeviceOptions)} with defaults. */
    public static Device open(String selector) {
        return open(DeviceOptions.of(selector));
    }

    private static void load(List<Backend> into, List<DeviceListing> broken) {
        var it = ServiceLoader.load(Backend.class).iterator();
        while (true) {
            try {
                if (!it.hasNext()) {
                    break;
                }
                into.add(it.next());
            } catch (ServiceConfigurationError | LinkageError e) {
                broken.add(new DeviceListing.Missing("?", "a backend cannot be loaded: " + e.getMessage()));
            }
        }
        into.sort(Comparator.comparing(Backend::name));
    }
}
