package org.sluice.tests;

import java.util.List;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;

/** The devices this machine has, as every cross-backend test runs them. */
public final class Devices {
    /** {@code -Dsluice.devices=cuda} leaves the others out, for whoever works on one. */
    private static final String ONLY = System.getProperty("sluice.devices", "");

    private Devices() {}

    /** Selectors of all devices that can be opened, but for the emulated GPU, which is too slow for most tests. */
    public static List<String> present() {
        List<String> all = withEmulated();
        return Emulator.library().isEmpty()
                ? all
                : all.stream().filter(selector -> !selector.startsWith("cuda")).toList();
    }

    /** Selectors of all devices that can be opened. */
    public static List<String> withEmulated() {
        Emulator.install();
        return Backends.list().stream()
                .filter(DeviceListing.Found.class::isInstance)
                .map(DeviceListing::selector)
                .filter(selector -> selector.startsWith(ONLY))
                .toList();
    }
}
