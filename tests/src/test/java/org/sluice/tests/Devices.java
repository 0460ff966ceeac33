package org.sluice.tests;

import java.util.List;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;

/** The devices this machine has, as every cross-backend test runs them. */
public final class Devices {
    /** {@code -Dsluice.devices=cuda} leaves the others out, for whoever works on one. */
    private static final String ONLY = System.getProperty("sluice.devices", "");

    private Devices() {}

    /** Selectors of all devices that can be opened; a CUDA device may be the emulated one. */
    public static List<String> present() {
        Emulator.install();
        return Backends.list().stream()
                .filter(DeviceListing.Found.class::isInstance)
                .map(DeviceListing::selector)
                .filter(selector -> selector.startsWith(ONLY))
                .toList();
    }
}
