package org.sluice.backend.cuda;

import java.util.List;
import java.util.Locale;
import org.sluice.backend.Backend;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.DeviceOptions;

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
        return CudaDevices.discover().lines();
    }

    @Override
    public Device open(DeviceOptions options) {
        String wanted = options.rest();
        CudaDeviceInfo chosen = CudaDevices.discover().choose("CUDA", options, d -> fits(wanted, d), (a, b) -> a);
        return CudaDevice.open(chosen, options);
    }

    private static boolean fits(String wanted, CudaDeviceInfo d) {
        boolean number = !wanted.isEmpty() && wanted.chars().allMatch(Character::isDigit);
        return number
                ? wanted.equals(Integer.toString(d.index()))
                : d.name().toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT));
    }
}
