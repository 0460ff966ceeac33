package org.sluice.tests;

import java.util.List;
import org.sluice.backend.Backends;
import org.sluice.backend.DeviceListing;

/** The devices this machine has, as every cross-backend test runs them. */
public final class Devices {
    private Devices() {}

    /** Selectors of all devices that can be opened. */
    public static List<String> present() {
        return Backends.list().stream()
                .filter(DeviceListing.Found.class::isInstance)
                .map(DeviceListing::selector)
                .toList();
    }
}
