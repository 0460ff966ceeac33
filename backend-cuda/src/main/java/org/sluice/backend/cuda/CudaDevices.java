package org.sluice.backend.cuda;

import static jcuda.driver.CUresult.CUDA_ERROR_NO_DEVICE;
import static jcuda.driver.CUresult.CUDA_SUCCESS;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.support.Discovery;
import org.sluice.error.BackendException;

/** Looks for devices, and for the reason where there are none. */
final class CudaDevices {
    private CudaDevices() {}

    static Discovery<CudaDeviceInfo> discover() {
        List<CudaDeviceInfo> devices = new ArrayList<>();
        List<DeviceListing.Missing> missing = new ArrayList<>();
        Optional<String> reason = DriverLibrary.missing();
        if (reason.isPresent()) {
            missing.add(new DeviceListing.Missing("cuda", reason.get()));
            return new Discovery<>(devices, missing);
        }
        try {
            devices(devices, missing);
        } catch (LinkageError | RuntimeException e) {
            missing.add(new DeviceListing.Missing("cuda", "the driver cannot be used: " + e.getMessage()));
        }
        return new Discovery<>(devices, missing);
    }

    private static void devices(List<CudaDeviceInfo> devices, List<DeviceListing.Missing> missing) {
        int result = JCudaDriver.cuInit(0);
        int[] count = new int[1];
        if (result == CUDA_SUCCESS) {
            result = JCudaDriver.cuDeviceGetCount(count);
        }
        if (result == CUDA_ERROR_NO_DEVICE || (result == CUDA_SUCCESS && count[0] == 0)) {
            missing.add(new DeviceListing.Missing(
                    "cuda",
                    "the NVIDIA driver finds no device; check nvidia-smi, CUDA_VISIBLE_DEVICES and the rights on"
                            + " /dev/nvidia*"));
            return;
        }
        if (result != CUDA_SUCCESS) {
            missing.add(new DeviceListing.Missing(
                    "cuda",
                    "the NVIDIA driver does not start: " + Cuda.name(result)
                            + "; check nvidia-smi, and that kernel module and library are of one version"));
            return;
        }
        int[] driver = new int[1];
        Cuda.check(JCudaDriver.cuDriverGetVersion(driver), "cuDriverGetVersion");
        for (int i = 0; i < count[0]; i++) {
            try {
                devices.add(CudaDeviceInfo.of(i, driver[0]));
            } catch (BackendException e) {
                missing.add(new DeviceListing.Missing("cuda:" + i, String.valueOf(e.getMessage())));
            }
        }
    }
}
