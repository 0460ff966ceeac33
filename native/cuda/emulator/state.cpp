/* The one driver state, its settings, and which context a thread uses. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver.h"

namespace sluice {

namespace {

struct Setting {
    const char *key;
    long Settings::*field;
    long standard;
};
const Setting table[] = {
        {"MEMORY", &Settings::memory, 4l << 30},
        {"DRIVER", &Settings::driver, 13000},
        {"CC", &Settings::capability, 90},
        {"DEVICES", &Settings::devices, 1},
        {"FAIL_ALLOC", &Settings::failAllocation, 0},
        {"LOST_AT", &Settings::lostAt, 0},
        {"NOOP", &Settings::noop, 0},
        {"REFUSE_IMAGE", &Settings::refuseImage, 0},
        {"INIT_FAILS", &Settings::initFails, 0},
        {"REVERSE", &Settings::reverse, 0},
};

thread_local std::vector<int> stack; /* of contexts, by device; -1 is none */

Settings from_environment() {
    Settings s;
    for (const Setting &t : table) {
        const char *value = getenv((std::string("SLUICE_EMULATOR_") + t.key).c_str());
        s.*t.field = value ? strtol(value, nullptr, 0) : t.standard;
    }
    return s;
}

void release_everything(Driver &d) {
    for (Stream *s : d.streams) delete s;
    for (Event *e : d.events) delete e;
    for (Module *m : d.modules) delete m;
    for (Graph *g : d.graphs) delete g;
    for (Executable *e : d.executables) delete e;
    d.streams.clear();
    d.events.clear();
    d.modules.clear();
    d.graphs.clear();
    d.executables.clear();
    d.standard = {true, {}, nullptr, false, false, 0};
    release_memory();
}

} // namespace

Driver &driver() {
    static Driver *d = [] {
        auto *created = new Driver();
        created->settings = from_environment();
        created->standard.blocking = true;
        return created;
    }();
    return *d;
}

int current_device() {
    return stack.empty() ? -1 : stack.back();
}

Entry::Entry() : held(driver().lock) {
    Driver &d = driver();
    int device = current_device();
    reversed = d.settings.reverse != 0;
    if (!d.initialised) {
        status = NOT_INITIALIZED;
    } else if (device < 0 || d.contexts[device].uses == 0) {
        status = INVALID_CONTEXT;
    } else {
        status = d.lost ? LAUNCH_FAILED : SUCCESS;
    }
}

double now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

} // namespace sluice

using namespace sluice;

#define LOCK() std::lock_guard<std::recursive_mutex> held(driver().lock)

extern "C" __attribute__((visibility("default"))) void sluice_emulator_set(const char *key, long value) {
    LOCK();
    for (const Setting &t : table) {
        if (strcmp(t.key, key) == 0) {
            driver().settings.*t.field = value;
        }
    }
    bool used = false;
    for (const Context &c : driver().contexts) {
        used |= c.uses > 0;
    }
    if (!used && driver().settings.lostAt == 0) {
        driver().lost = false;
    }
}

extern "C" __attribute__((visibility("default"))) long sluice_emulator_get(const char *key) {
    LOCK();
    Driver &d = driver();
    std::string k = key;
    if (k == "ALLOCATED") return d.allocated;
    if (k == "HOST") return d.hostAllocated;
    if (k == "LAUNCHES") return d.launches;
    if (k == "GRAPH_LAUNCHES") return d.graphLaunches;
    if (k == "MODULES") return (long)d.modules.size();
    if (k == "STREAMS") return (long)d.streams.size();
    if (k == "EVENTS") return (long)d.events.size();
    if (k == "GRAPHS") return (long)(d.graphs.size() + d.executables.size());
    for (const Setting &t : table) {
        if (k == t.key) {
            return d.settings.*t.field;
        }
    }
    return -1;
}

API cuInit(unsigned) {
    LOCK();
    Driver &d = driver();
    if (d.settings.initFails) {
        return (int)d.settings.initFails;
    }
    if (d.settings.devices == 0) {
        return NO_DEVICE;
    }
    d.initialised = true;
    d.contexts.resize(d.settings.devices);
    for (size_t i = 0; i < d.contexts.size(); i++) {
        d.contexts[i].device = (int)i;
    }
    return SUCCESS;
}

API cuDevicePrimaryCtxRetain(void **context, int device) {
    LOCK();
    Driver &d = driver();
    if (!d.initialised) {
        return NOT_INITIALIZED;
    }
    if (device < 0 || device >= (int)d.contexts.size()) {
        return INVALID_DEVICE;
    }
    if (d.lost && d.contexts[device].uses > 0) {
        return LAUNCH_FAILED;
    }
    d.contexts[device].uses++;
    *context = &d.contexts[device];
    return SUCCESS;
}

/* What a lost device held goes with its context; what a working one still holds stays, so that tests see it. */
API cuDevicePrimaryCtxRelease_v2(int device) {
    LOCK();
    Driver &d = driver();
    if (device < 0 || device >= (int)d.contexts.size() || d.contexts[device].uses == 0) {
        return INVALID_CONTEXT;
    }
    if (--d.contexts[device].uses == 0 && d.lost) {
        release_everything(d);
        d.lost = d.settings.lostAt != 0;
    }
    return SUCCESS;
}

API cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) {
    LOCK();
    if (device < 0 || device >= (int)driver().contexts.size()) {
        return INVALID_DEVICE;
    }
    *flags = 0;
    *active = driver().contexts[device].uses > 0;
    return SUCCESS;
}

API cuCtxPushCurrent_v2(void *context) {
    LOCK();
    if (!context) {
        return INVALID_CONTEXT;
    }
    stack.push_back(((Context *)context)->device);
    return SUCCESS;
}

API cuCtxPopCurrent_v2(void **context) {
    LOCK();
    if (stack.empty()) {
        return INVALID_CONTEXT;
    }
    if (context) {
        *context = stack.back() < 0 ? nullptr : &driver().contexts[stack.back()];
    }
    stack.pop_back();
    return SUCCESS;
}

API cuCtxSetCurrent(void *context) {
    LOCK();
    int device = context ? ((Context *)context)->device : -1;
    if (stack.empty()) {
        stack.push_back(device);
    } else {
        stack.back() = device;
    }
    return SUCCESS;
}

API cuCtxGetCurrent(void **context) {
    LOCK();
    int device = current_device();
    *context = device < 0 ? nullptr : &driver().contexts[device];
    return SUCCESS;
}

API cuCtxGetDevice(int *device) {
    LOCK();
    *device = current_device();
    return *device < 0 ? INVALID_CONTEXT : SUCCESS;
}

API cuCtxSynchronize() {
    ENTER();
    Status status = forbidden_in_capture();
    return status != SUCCESS ? status : finish_all();
}
