package org.sluice.backend.opencl;

import java.util.List;
import java.util.Locale;
import org.sluice.backend.Backend;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.DeviceOptions;

/**
 * Runs graphs on OpenCL devices. Selectors: {@code opencl} takes the first usable device, GPUs before processors; {@code
 * opencl:P} the first of a platform, {@code opencl:P:D} a certain one. P and D are numbers as {@link #list()} gives them, or
 * parts of names.
 */
public final class OpenClBackend implements Backend {
    /** For {@link java.util.ServiceLoader}. */
    public OpenClBackend() {}

    @Override
    public String name() {
        return "opencl";
    }

    @Override
    public List<DeviceListing> list() {
        return Platforms.discover().lines();
    }

    @Override
    public Device open(DeviceOptions options) {
        String[] wanted = options.rest().split(":", 2);
        ClDeviceInfo chosen = Platforms.discover()
                .choose(
                        "OpenCL",
                        options,
                        d -> fits(wanted[0], d.platformIndex(), d.platformName())
                                && (wanted.length < 2 || fits(wanted[1], d.deviceIndex(), d.name())),
                        (a, b) -> a.processor() && !b.processor() ? b : a);
        return new OpenClDevice(chosen, options);
    }

    private static boolean fits(String wanted, int index, String name) {
        return wanted.isEmpty()
                || wanted.equals(Integer.toString(index))
                || (!wanted.chars().allMatch(Character::isDigit)
                        && name.toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT)));
    }
}
