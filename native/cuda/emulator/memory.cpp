/* Device and pinned memory, copies and fills. */
#include <stdlib.h>
#include <string.h>

#include "driver.h"

using namespace sluice;

namespace sluice {

namespace {

/* whole pages of the driver, as far as the accounting of free memory goes */
long rounded(size_t bytes) {
    return (long)((bytes + 511) / 512 * 512);
}

std::map<uintptr_t, size_t>::iterator holding(std::map<uintptr_t, size_t> &ranges, uintptr_t at, size_t bytes) {
    auto it = ranges.upper_bound(at);
    if (it == ranges.begin()) {
        return ranges.end();
    }
    --it;
    return at + bytes <= it->first + it->second ? it : ranges.end();
}

} // namespace

bool on_device(uintptr_t at, size_t bytes) {
    return holding(driver().device, at, bytes) != driver().device.end();
}

Status run_copy(uintptr_t to, uintptr_t from, size_t bytes, bool toDevice, bool fromDevice) {
    if ((toDevice && !on_device(to, bytes)) || (fromDevice && !on_device(from, bytes))) {
        driver().lost = true;
        return ILLEGAL_ADDRESS;
    }
    memmove((void *)to, (const void *)from, bytes);
    return SUCCESS;
}

void release_memory() {
    Driver &d = driver();
    for (auto &range : d.device) free((void *)range.first);
    for (auto &range : d.pinned) free((void *)range.first);
    d.device.clear();
    d.pinned.clear();
    d.registered.clear();
    d.allocated = d.hostAllocated = 0;
}

} // namespace sluice

API cuMemGetInfo_v2(size_t *available, size_t *total) {
    ENTER();
    *total = driver().settings.memory;
    *available = driver().settings.memory - driver().allocated;
    return SUCCESS;
}

API cuMemAlloc_v2(uintptr_t *address, size_t bytes) {
    ENTER();
    Driver &d = driver();
    Status status = forbidden_in_capture();
    if (status != SUCCESS) {
        return status;
    }
    if (bytes == 0) {
        return INVALID_VALUE;
    }
    if (d.settings.failAllocation > 0 && --d.settings.failAllocation == 0) {
        return OUT_OF_MEMORY;
    }
    void *memory = nullptr;
    if (d.allocated + rounded(bytes) > d.settings.memory || posix_memalign(&memory, 512, bytes)) {
        return OUT_OF_MEMORY;
    }
    /* not a number, whatever the type: what is read before it is written shows */
    memset(memory, 0xff, bytes < 64u << 20 ? bytes : 64u << 20);
    d.device[(uintptr_t)memory] = bytes;
    d.allocated += rounded(bytes);
    *address = (uintptr_t)memory;
    return SUCCESS;
}

API cuMemFree_v2(uintptr_t address) {
    ENTER();
    Driver &d = driver();
    if (address == 0) {
        return SUCCESS;
    }
    auto it = d.device.find(address);
    if (it == d.device.end()) {
        return INVALID_VALUE;
    }
    Status status = finish_all();
    if (d.lost) {
        return status;
    }
    d.allocated -= rounded(it->second);
    d.device.erase(it);
    free((void *)address);
    return SUCCESS;
}

API cuMemGetAddressRange_v2(uintptr_t *base, size_t *bytes, uintptr_t address) {
    ENTER();
    auto it = holding(driver().device, address, 1);
    if (it == driver().device.end()) {
        return NOT_FOUND;
    }
    if (base) *base = it->first;
    if (bytes) *bytes = it->second;
    return SUCCESS;
}

API cuMemHostAlloc(void **address, size_t bytes, unsigned) {
    ENTER();
    if (bytes == 0 || posix_memalign(address, 4096, bytes)) {
        return bytes == 0 ? INVALID_VALUE : OUT_OF_MEMORY;
    }
    driver().pinned[(uintptr_t)*address] = bytes;
    driver().hostAllocated += (long)bytes;
    return SUCCESS;
}

API cuMemAllocHost_v2(void **address, size_t bytes) {
    return cuMemHostAlloc(address, bytes, 0);
}

API cuMemFreeHost(void *address) {
    ENTER();
    auto it = driver().pinned.find((uintptr_t)address);
    if (it == driver().pinned.end()) {
        return INVALID_VALUE;
    }
    Status status = finish_all();
    if (driver().lost) {
        return status;
    }
    driver().hostAllocated -= (long)it->second;
    driver().pinned.erase(it);
    free(address);
    return SUCCESS;
}

API cuMemHostRegister_v2(void *address, size_t bytes, unsigned) {
    ENTER();
    if (!address || bytes == 0) {
        return INVALID_VALUE;
    }
    return driver().registered.emplace((uintptr_t)address, bytes).second ? SUCCESS : ALREADY_REGISTERED;
}

API cuMemHostUnregister(void *address) {
    ENTER();
    finish_all();
    return driver().registered.erase((uintptr_t)address) ? SUCCESS : NOT_REGISTERED;
}

API cuMemHostGetDevicePointer_v2(uintptr_t *address, void *host, unsigned) {
    ENTER();
    *address = (uintptr_t)host;
    return SUCCESS;
}

/* Copies that wait: in the standard stream, which waits for the streams that are not independent of it. */
static int copy(uintptr_t to, uintptr_t from, size_t bytes, bool toDevice, bool fromDevice) {
    ENTER();
    Status status = forbidden_in_capture();
    if (status == SUCCESS) {
        status = finish(driver().standard);
    }
    return status == SUCCESS ? run_copy(to, from, bytes, toDevice, fromDevice) : status;
}

static int copy_later(uintptr_t to, uintptr_t from, size_t bytes, bool toDevice, bool fromDevice, void *handle) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream) {
        return INVALID_HANDLE;
    }
    return enqueue(*stream, COPY_NODE, [=] { return run_copy(to, from, bytes, toDevice, fromDevice); });
}

API cuMemcpyHtoD_v2(uintptr_t to, const void *from, size_t bytes) {
    return copy(to, (uintptr_t)from, bytes, true, false);
}
API cuMemcpyDtoH_v2(void *to, uintptr_t from, size_t bytes) {
    return copy((uintptr_t)to, from, bytes, false, true);
}
API cuMemcpyDtoD_v2(uintptr_t to, uintptr_t from, size_t bytes) {
    return copy(to, from, bytes, true, true);
}
API cuMemcpyHtoDAsync_v2(uintptr_t to, const void *from, size_t bytes, void *stream) {
    return copy_later(to, (uintptr_t)from, bytes, true, false, stream);
}
API cuMemcpyDtoHAsync_v2(void *to, uintptr_t from, size_t bytes, void *stream) {
    return copy_later((uintptr_t)to, from, bytes, false, true, stream);
}
API cuMemcpyDtoDAsync_v2(uintptr_t to, uintptr_t from, size_t bytes, void *stream) {
    return copy_later(to, from, bytes, true, true, stream);
}

template <class T>
static int fill(uintptr_t at, T value, size_t count, void *handle) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream) {
        return INVALID_HANDLE;
    }
    return enqueue(*stream, SET_NODE, [=] {
        if (!on_device(at, count * sizeof(T))) {
            driver().lost = true;
            return ILLEGAL_ADDRESS;
        }
        for (size_t i = 0; i < count; i++) {
            ((T *)at)[i] = value;
        }
        return SUCCESS;
    });
}

API cuMemsetD8Async(uintptr_t at, unsigned char value, size_t count, void *stream) {
    return fill(at, value, count, stream);
}
API cuMemsetD16Async(uintptr_t at, unsigned short value, size_t count, void *stream) {
    return fill(at, value, count, stream);
}
API cuMemsetD32Async(uintptr_t at, unsigned value, size_t count, void *stream) {
    return fill(at, value, count, stream);
}
API cuMemsetD8_v2(uintptr_t at, unsigned char value, size_t count) {
    return fill(at, value, count, nullptr);
}
API cuMemsetD16_v2(uintptr_t at, unsigned short value, size_t count) {
    return fill(at, value, count, nullptr);
}
API cuMemsetD32_v2(uintptr_t at, unsigned value, size_t count) {
    return fill(at, value, count, nullptr);
}
