package org.sluice.backend.cuda;

import static jcuda.driver.CUresult.*;

import java.util.Set;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.sluice.error.BackendException;

/** What every call of the driver needs: results become exceptions. */
final class Cuda {
    /** After these nothing works in the context any more, whatever is asked of it. */
    private static final Set<Integer> LOST = Set.of(
            CUDA_ERROR_DEVICE_UNAVAILABLE,
            CUDA_ERROR_ECC_UNCORRECTABLE,
            CUDA_ERROR_NVLINK_UNCORRECTABLE,
            CUDA_ERROR_ILLEGAL_ADDRESS,
            CUDA_ERROR_LAUNCH_TIMEOUT,
            CUDA_ERROR_ASSERT,
            CUDA_ERROR_HARDWARE_STACK_ERROR,
            CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUDA_ERROR_MISALIGNED_ADDRESS,
            CUDA_ERROR_INVALID_ADDRESS_SPACE,
            CUDA_ERROR_INVALID_PC,
            CUDA_ERROR_LAUNCH_FAILED,
            CUDA_ERROR_CONTEXT_IS_DESTROYED);

    private Cuda() {}

    /** Throws where a call has not succeeded. */
    static void check(int result, String what) {
        if (result != CUDA_SUCCESS) {
            throw new BackendException("CUDA: " + what + " failed with " + name(result)
                    + (isLost(result)
                            ? "; the device is lost to this process until its programs and the device are closed, then it"
                                    + " can be opened again; other backends go on working"
                            : ""));
        }
    }

    static boolean isLost(int result) {
        return LOST.contains(result);
    }

    /** The constant's name, its number and the driver's words for it. */
    static String name(int result) {
        String[] words = new String[1];
        String known = CUresult.stringFor(result);
        return JCudaDriver.cuGetErrorString(result, words) == CUDA_SUCCESS && words[0] != null
                ? known + " (" + result + ": " + words[0] + ")"
                : known + " (" + result + ")";
    }
}
