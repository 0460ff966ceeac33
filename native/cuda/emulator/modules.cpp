/*
 * Modules and launches. A module's text is PTX, which nobody executes here: its first line names the image, whose kernels were
 * compiled for the host. Its entries are read all the same, so that text that does not fit the sources is found out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

using namespace sluice;

namespace {

/* Bytes of each parameter of an entry, from ".param .u64 name" and the like. */
std::vector<size_t> parameters_of(const std::string &ptx, size_t open, size_t close) {
    std::vector<size_t> sizes;
    for (size_t at = ptx.find(".param", open); at < close; at = ptx.find(".param", at + 1)) {
        size_t end = ptx.find_first_of(",)", at);
        std::string text = ptx.substr(at, end - at);
        size_t bytes = 0;
        for (const char *type : {" .u", " .f", " .b", " .s"}) {
            size_t digits = text.rfind(type);
            if (digits != std::string::npos) {
                bytes = strtoul(text.c_str() + digits + 3, nullptr, 10) / 8;
            }
        }
        size_t array = text.find('[');
        if (array != std::string::npos) {
            bytes *= strtoul(text.c_str() + array + 1, nullptr, 10);
        }
        sizes.push_back(bytes);
    }
    return sizes;
}

/* The function of an entry whose signature is that of the kernel, or null. */
std::unique_ptr<Function> function_of(const std::string &ptx, const Kernel &kernel) {
    size_t at = ptx.find(std::string(".entry ") + kernel.name + "(");
    if (at == std::string::npos) {
        return nullptr;
    }
    size_t body = ptx.find('{', at), close = ptx.find(')', at);
    std::vector<size_t> sizes = parameters_of(ptx, at, close);
    if (sizes.size() != kernel.count || memcmp(sizes.data(), kernel.sizes, sizes.size() * sizeof(size_t)) != 0) {
        return nullptr;
    }
    size_t limit = ptx.find(".maxntid", at);
    unsigned most = limit < body ? (unsigned)strtoul(ptx.c_str() + limit + 9, nullptr, 10) : 1024;
    return std::make_unique<Function>(Function{&kernel, most, usual_shared});
}

int load(Module **module, const char *text, std::string &log) {
    ENTER();
    Driver &d = driver();
    if (d.settings.refuseImage) {
        log = "the device has been told to refuse images";
        return NO_BINARY_FOR_GPU;
    }
    static const char marker[] = "// sluice:";
    if (strncmp(text, marker, sizeof marker - 1) != 0) {
        log = "the image does not begin with its name";
        return INVALID_IMAGE;
    }
    const char *begin = text + sizeof marker - 1;
    std::string name(begin, strcspn(begin, "\r\n"));
    for (const Image *image = images; image->name; image++) {
        if (name == image->name) {
            auto loaded = std::make_unique<Module>();
            loaded->name = name;
            std::string ptx = text;
            for (size_t i = 0; i < image->count; i++) {
                const Kernel &kernel = image->kernels[i];
                auto function = function_of(ptx, kernel);
                if (!function) {
                    log = "the PTX of " + name + " has no entry " + kernel.name + " with the parameters of its source";
                    return INVALID_PTX;
                }
                loaded->functions[kernel.name] = std::move(function);
            }
            *module = loaded.release();
            d.modules.insert(*module);
            return SUCCESS;
        }
    }
    log = "no kernels of " + name + " were compiled for the host";
    return NO_BINARY_FOR_GPU;
}

struct Launched {
    const Kernel *kernel;
    dim3 grid, block;
    unsigned shared;
    std::vector<unsigned char> bytes;

    Status run() const {
        Driver &d = driver();
        d.launches++;
        if (d.settings.lostAt > 0 && --d.settings.lostAt == 0) {
            d.settings.lostAt = -1; /* lost until told otherwise */
            d.lost = true;
        }
        if (d.lost) {
            return LAUNCH_FAILED;
        }
        if (d.settings.noop) {
            return SUCCESS;
        }
        std::vector<void *> arguments;
        const unsigned char *at = bytes.data();
        for (size_t i = 0; i < kernel->count; i++) {
            arguments.push_back((void *)at);
            at += (kernel->sizes[i] + 15) / 16 * 16;
        }
        run_grid(*kernel, grid, block, shared, arguments.data());
        return SUCCESS;
    }
};

} // namespace

API cuModuleLoadData(Module **module, const void *image) {
    std::string log;
    int status = load(module, (const char *)image, log);
    return status;
}

/* Options 5 and 6: the buffer for errors and its size. */
API cuModuleLoadDataEx(Module **module, const void *image, unsigned count, int *options, void **values) {
    std::string log;
    int status = load(module, (const char *)image, log);
    char *buffer = nullptr;
    size_t room = 0;
    for (unsigned i = 0; i < count; i++) {
        buffer = options[i] == 5 ? (char *)values[i] : buffer;
        room = options[i] == 6 ? (size_t)(uintptr_t)values[i] : room;
    }
    if (buffer && room > 0) {
        snprintf(buffer, room, "%s", log.c_str());
    }
    return status;
}

API cuModuleUnload(Module *module) {
    ENTER();
    if (!driver().modules.erase(module)) {
        return INVALID_HANDLE;
    }
    finish_all();
    delete module;
    return SUCCESS;
}

API cuModuleGetFunction(Function **function, Module *module, const char *name) {
    ENTER();
    if (!driver().modules.count(module)) {
        return INVALID_HANDLE;
    }
    auto it = module->functions.find(name);
    if (it == module->functions.end()) {
        return NOT_FOUND;
    }
    *function = it->second.get();
    return SUCCESS;
}

API cuModuleGetLoadingMode(int *mode) {
    *mode = 2; /* lazy */
    return SUCCESS;
}

API cuFuncGetAttribute(int *value, int attribute, Function *function) {
    ENTER();
    switch (attribute) {
        case 0: *value = (int)function->mostThreads; break;
        case 4: *value = 32; break;
        case 5: *value = 80; break;
        case 6: *value = (int)driver().settings.capability; break;
        default: *value = 0;
    }
    return SUCCESS;
}

/* Attribute 8: the most shared memory that a launch may ask for. */
API cuFuncSetAttribute(Function *function, int attribute, int value) {
    ENTER();
    if (!function || attribute != 8) {
        return function ? SUCCESS : INVALID_HANDLE;
    }
    if (value < 0 || value > most_shared) {
        return INVALID_VALUE;
    }
    function->mostShared = (unsigned)value;
    return SUCCESS;
}

API cuFuncSetCacheConfig(Function *, int) {
    ENTER();
    return SUCCESS;
}

API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, Function *, int threads, size_t) {
    ENTER();
    *blocks = threads > 0 ? 2048 / threads : 0;
    return SUCCESS;
}

API cuLaunchKernel(
        Function *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
        unsigned sharedBytes, void *handle, void **parameters, void **extra) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream || !function) {
        return INVALID_HANDLE;
    }
    if (gridX == 0 || gridY == 0 || gridZ == 0 || gridX > 0x7fffffffu || gridY > 65535 || gridZ > 65535 || blockX == 0
            || blockY == 0 || blockZ == 0 || blockZ > 64 || extra || (function->kernel->count > 0 && !parameters)) {
        return INVALID_VALUE;
    }
    if ((uint64_t)blockX * blockY * blockZ > function->mostThreads) {
        return LAUNCH_OUT_OF_RESOURCES;
    }
    if (sharedBytes > function->mostShared) {
        return INVALID_VALUE;
    }
    auto launched = std::make_shared<Launched>();
    launched->kernel = function->kernel;
    launched->grid = {gridX, gridY, gridZ};
    launched->block = {blockX, blockY, blockZ};
    launched->shared = sharedBytes;
    for (size_t i = 0; i < function->kernel->count; i++) {
        size_t bytes = function->kernel->sizes[i], at = launched->bytes.size();
        launched->bytes.resize(at + (bytes + 15) / 16 * 16);
        memcpy(&launched->bytes[at], parameters[i], bytes);
    }
    return enqueue(*stream, KERNEL_NODE, [launched] { return launched->run(); });
}
