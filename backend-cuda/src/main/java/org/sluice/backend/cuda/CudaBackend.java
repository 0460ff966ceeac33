package org.sluice.backend.cuda;

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
 * Runs graphs on NVIDIA GPUs of compute capability 8.0 or later. Selectors: {@code cuda} takes the first usable device, {@code
 * cuda:N} device N as {@link #list()} numbers it, {@code cuda:H200} the first with that in its name. Needs nothing but the
 * driver; {@code -Dsluice.cuda.driver=PATH} names a driver library that is not where the system looks for it.
 */
public final class CudaBackend implements Backend {
    /** For {@link java.util.ServiceLoader}. */
    public CudaBackend() {}

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public List<DeviceListing> list() {
        Discovery found = Discovery.run();
        List<DeviceListing> lines = new ArrayList<>();
        for (CudaDeviceInfo d : found.devices()) {
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
        String wanted = options.rest();
        List<CudaDeviceInfo> fitting =
                found.devices().stream().filter(d -> fits(wanted, d)).toList();
        if (fitting.isEmpty()) {
            throw new BackendException("there is no CUDA device '" + options.selector() + "'; "
                    + (found.devices().isEmpty() ? reasons(found) : "there are " + names(found)));
        }
        CudaDeviceInfo chosen = fitting.stream()
                .filter(d -> d.unusable().isEmpty())
                .findFirst()
                .orElseThrow(() -> new BackendException("the CUDA device "
                        + fitting.getFirst().name() + " cannot be used: "
                        + fitting.getFirst().unusable().orElseThrow()));
        return CudaDevice.open(chosen, options);
    }

    private static boolean fits(String wanted, CudaDeviceInfo d) {
        boolean number = !wanted.isEmpty() && wanted.chars().allMatch(Character::isDigit);
        return number
                ? wanted.equals(Integer.toString(d.index()))
                : d.name().toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT));
    }

    private static String reasons(Discovery found) {
        return found.missing().stream().map(DeviceListing.Missing::reason).collect(Collectors.joining("; "));
    }

    private static String names(Discovery found) {
        return found.devices().stream().map(d -> d.selector() + " " + d.name()).collect(Collectors.joining(", "));
    }
}
