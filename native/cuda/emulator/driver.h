/*
 * The emulated driver's state and the pieces of the driver API it shares. Numbers are those of cuda.h, which need not be there.
 *
 * Work of a stream is queued and runs when somebody waits for it, so that a missing wait shows.
 */
#ifndef SLUICE_EMULATOR_DRIVER_H
#define SLUICE_EMULATOR_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "blocks.h"
#include "kernel.h"

#define API extern "C" __attribute__((visibility("default"))) int

namespace sluice {

enum Status {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NO_BINARY_FOR_GPU = 209,
    INVALID_PTX = 218,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_OUT_OF_RESOURCES = 701,
    ALREADY_REGISTERED = 712,
    NOT_REGISTERED = 713,
    LAUNCH_FAILED = 719,
    NOT_SUPPORTED = 801,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_UNMATCHED = 903,
    CAPTURE_IMPLICIT = 906,
    CAPTURED_EVENT = 907,
};

enum NodeType { KERNEL_NODE = 0, COPY_NODE = 1, SET_NODE = 2, RECORD_NODE = 7, WAIT_NODE = 6, GRAPH_NODE = 4, HOST_NODE = 3 };

/* One piece of queued work. */
struct Task {
    NodeType type;
    std::function<Status()> run;
};

struct Graph {
    std::vector<std::shared_ptr<const Task>> nodes;
};

struct Executable {
    std::shared_ptr<const std::vector<std::shared_ptr<const Task>>> nodes;
};

struct Stream {
    bool blocking;
    std::deque<std::shared_ptr<const Task>> queue;
    Graph *capture;
    bool origin;
    bool invalidated;
    int captureMode;
};

/* What an event stands for once recorded. */
struct Record {
    Stream *stream;
    bool done;
    double seconds;
};

struct Event {
    std::shared_ptr<Record> record;
    Graph *captured;
};

struct Parameter {
    size_t bytes;
};

/* bytes of shared memory a block is given at most, and where its kernel is allowed more */
constexpr unsigned usual_shared = 49152;
constexpr int most_shared = 232448;

struct Function {
    const Kernel *kernel;
    unsigned mostThreads;
    unsigned mostShared;
};

struct Module {
    std::string name;
    std::map<std::string, std::unique_ptr<Function>> functions;
};

struct Context {
    int device;
    int uses;
};

struct Settings {
    long memory, driver, capability, devices, failAllocation, lostAt, noop, refuseImage, initFails, reverse;
};

struct Driver {
    std::recursive_mutex lock;
    Settings settings;
    bool initialised;
    bool lost;
    std::vector<Context> contexts;
    std::map<uintptr_t, size_t> device, pinned, registered;
    std::set<Module *> modules;
    std::set<Stream *> streams;
    std::set<Event *> events;
    std::set<Graph *> graphs;
    std::set<Executable *> executables;
    Stream standard;
    long launches, graphLaunches;
    long allocated, hostAllocated;
};

Driver &driver();
int current_device();

/* Every call that needs a context: takes the lock, says what stands against the call. */
struct Entry {
    std::lock_guard<std::recursive_mutex> held;
    Status status;
    Entry();
};
#define ENTER() \
    Entry entry; \
    if (entry.status != SUCCESS) { \
        return entry.status; \
    }

/* The stream of a handle: null, 1 and 2 are the standard ones. Null where there is none. */
Stream *stream_of(void *handle);
Status enqueue(Stream &stream, NodeType type, std::function<Status()> run);
/* Runs what is queued in a stream, or in all of them. */
Status finish(Stream &stream);
Status finish_all();
/* Whether the calling thread captures in a mode that forbids calls like allocations. */
Status forbidden_in_capture();

Status run_copy(uintptr_t to, uintptr_t from, size_t bytes, bool toDevice, bool fromDevice);
bool on_device(uintptr_t at, size_t bytes);
void release_memory();

double now();

} // namespace sluice

#endif
