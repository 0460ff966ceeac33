package org.sluice.backend.opencl;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.sluice.backend.Backend;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.DeviceOptions;
import org.sluice.error.BackendException;

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
        Discovery found = Discovery.run();
        List<DeviceListing> lines = new ArrayList<>();
        for (ClDeviceInfo d : found.devices()) {
            lines.add(
                    d.unusable().isEmpty()
                            ? new DeviceListing.Found(d.selector(), d.description(), d.memory())
                            : new DeviceListing.Missing(
                                    d.selector(), d.name() + ": " + d.unusable().get()));
        }
        lines.addAll(found.missing());
        return lines;
    }

    @Override
    public Device open(DeviceOptions options) {
        Discovery found = Discovery.run();
        String[] wanted = options.rest().split(":", 2);
        List<ClDeviceInfo> fitting = found.devices().stream()
                .filter(d -> fits(wanted[0], d.platformIndex(), d.platformName()))
                .filter(d -> wanted.length < 2 || fits(wanted[1], d.deviceIndex(), d.name()))
                .toList();
        if (fitting.isEmpty()) {
            throw new BackendException("there is no OpenCL device '" + options.selector() + "'; "
                    + (found.devices().isEmpty() ? reasons(found) : "there are " + names(found)));
        }
        ClDeviceInfo chosen = fitting.stream()
                .filter(d -> d.unusable().isEmpty())
                .reduce((a, b) -> a.processor() && !b.processor() ? b : a)
                .orElseThrow(() -> new BackendException("the OpenCL device "
                        + fitting.getFirst().name() + " cannot be used: "
                        + fitting.getFirst().unusable().orElseThrow()));
        return new OpenClDevice(chosen, options);
    }

    private static boolean fits(String wanted, int index, String name) {
        return wanted.isEmpty()
                || wanted.equals(Integer.toString(index))
                || (!wanted.chars().allMatch(Character::isDigit)
                        && name.toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT)));
    }

    private static String reasons(Discovery found) {
        return found.missing().stream().map(DeviceListing.Missing::reason).collect(Collectors.joining("; "));
    }

    private static String names(Discovery found) {
        return found.devices().stream().map(d -> d.selector() + " " + d.name()).collect(Collectors.joining(", "));
    }
}
