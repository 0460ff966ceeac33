/* What the emulated device says of itself, and the names of errors. */
#include <stdio.h>
#include <string.h>

#include "driver.h"

using namespace sluice;

namespace {

struct Attribute {
    int key, value;
};
/* those of an H200 where nothing is said to differ */
const Attribute attributes[] = {
        {1, 1024}, /* threads of a block */
        {2, 1024},
        {3, 1024},
        {4, 64},
        {5, 2147483647}, /* blocks of a grid */
        {6, 65535},
        {7, 65535},
        {8, 49152}, /* shared memory of a block */
        {9, 65536},
        {10, 32},
        {12, 65536},
        {13, 1980000},
        {16, 4}, /* multiprocessors: few, since they are not there */
        {18, 0},
        {19, 1},
        {31, 1},
        {32, 1},
        {36, 3201000},
        {37, 6144},
        {38, 62914560},
        {39, 2048},
        {40, 3},
        {97, most_shared},
        {41, 1},
        {81, 233472},
        {82, 65536},
        {83, 1},
        {95, 1},
        {97, 232448},
        {99, 1},
};

const struct {
    int code;
    const char *name, *text;
} errors[] = {
        {0, "CUDA_SUCCESS", "no error"},
        {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
        {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
        {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
        {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
        {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
        {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
        {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
        {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
        {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
        {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
        {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
        {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
        {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
        {600, "CUDA_ERROR_NOT_READY", "device not ready"},
        {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
        {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
        {712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped"},
        {713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region"},
        {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
        {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
        {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
        {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
        {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
        {903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "the capture was not initiated in this stream"},
        {906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
        {907, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
        {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

} // namespace

API cuDriverGetVersion(int *version) {
    *version = (int)driver().settings.driver;
    return SUCCESS;
}

API cuDeviceGetCount(int *count) {
    *count = (int)driver().settings.devices;
    return driver().initialised ? SUCCESS : NOT_INITIALIZED;
}

API cuDeviceGet(int *device, int ordinal) {
    if (!driver().initialised) {
        return NOT_INITIALIZED;
    }
    *device = ordinal;
    return ordinal >= 0 && ordinal < driver().settings.devices ? SUCCESS : INVALID_DEVICE;
}

API cuDeviceGetName(char *name, int length, int) {
    snprintf(name, length, "Sluice emulated GPU");
    return SUCCESS;
}

API cuDeviceGetUuid(void *uuid, int device) {
    memset(uuid, 0, 16);
    ((char *)uuid)[0] = (char)(device + 1);
    return SUCCESS;
}

API cuDeviceGetPCIBusId(char *id, int length, int device) {
    snprintf(id, length, "0000:%02x:00.0", device + 1);
    return SUCCESS;
}

API cuDeviceTotalMem_v2(size_t *bytes, int) {
    *bytes = driver().settings.memory;
    return SUCCESS;
}

API cuDeviceComputeCapability(int *major, int *minor, int) {
    *major = (int)driver().settings.capability / 10;
    *minor = (int)driver().settings.capability % 10;
    return SUCCESS;
}

API cuDeviceGetAttribute(int *value, int attribute, int device) {
    if (device < 0 || device >= driver().settings.devices) {
        return INVALID_DEVICE;
    }
    if (attribute == 33) {
        *value = device + 1;
        return SUCCESS;
    }
    if (attribute == 75 || attribute == 76) {
        long c = driver().settings.capability;
        *value = (int)(attribute == 75 ? c / 10 : c % 10);
        return SUCCESS;
    }
    *value = 0;
    for (const Attribute &a : attributes) {
        if (a.key == attribute) {
            *value = a.value;
        }
    }
    return SUCCESS;
}

API cuGetErrorName(int error, const char **name) {
    for (const auto &e : errors) {
        if (e.code == error) {
            *name = e.name;
            return SUCCESS;
        }
    }
    *name = nullptr;
    return INVALID_VALUE;
}

API cuGetErrorString(int error, const char **text) {
    for (const auto &e : errors) {
        if (e.code == error) {
            *text = e.text;
            return SUCCESS;
        }
    }
    *text = nullptr;
    return INVALID_VALUE;
}
