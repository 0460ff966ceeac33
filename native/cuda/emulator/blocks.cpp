#include "blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <vector>

#include "switch.h"

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace sluice {

bool reversed = false;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t stack_bytes = 1 << 20;
#else
constexpr size_t stack_bytes = 1 << 18;
#endif
constexpr unsigned most_threads = 1024;

struct Thread {
    dim3 index;
    int fiber;
    bool finished;
    const unsigned *watched; /* the thread may go on once this is no longer the value */
    unsigned value;
};

struct Fiber {
    void *stack;
    Context context;
};

Thread threads[most_threads];
Warp warps[most_threads / warp_lanes];
std::vector<Fiber> fibers;
std::vector<int> idle;
Context host;
std::vector<unsigned char> shared;

const Kernel *kernel;
void **arguments;
unsigned count, started, alive, current;
int running;
unsigned generation, arrived;

[[noreturn]] void fail(const char *what) {
    fprintf(stderr, "emulated GPU: kernel %s, block (%u, %u): %s\n", kernel->name, blockIdx.x, blockIdx.y, what);
    abort();
}

void loop();

int take_fiber() {
    if (idle.empty()) {
        void *stack =
                mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (stack == MAP_FAILED) {
            fail("no memory for the stack of a thread");
        }
        fibers.push_back({stack, {}});
        start(fibers.back().context, stack, stack_bytes, loop);
        return (int)fibers.size() - 1;
    }
    int f = idle.back();
    idle.pop_back();
    return f;
}

void go_to(int fiber) {
    if (fiber != running) {
        int from = running;
        running = fiber;
        change(fibers[from].context, fibers[fiber].context);
    }
}

void resume(unsigned t) {
    current = t;
    threadIdx = threads[t].index;
    go_to(threads[t].fiber);
}

/* The next thread behind t that need not wait any longer. */
bool runnable(unsigned t, unsigned &found) {
    for (unsigned i = 1; i <= count; i++) {
        unsigned c = t + i < count ? t + i : t + i - count;
        const Thread &candidate = threads[c];
        if (!candidate.finished && candidate.watched && *candidate.watched != candidate.value) {
            found = c;
            return true;
        }
    }
    return false;
}

void wait_for(const unsigned &watched, unsigned value) {
    unsigned self = current;
    threads[self].watched = &watched;
    threads[self].value = value;
    unsigned next;
    if (started < count) {
        go_to(take_fiber());
    } else if (runnable(self, next)) {
        resume(next);
    } else {
        fail("threads wait at different barriers, or some left before one");
    }
    threads[self].watched = nullptr;
}

void finish(unsigned t) {
    threads[t].finished = true;
    alive--;
    if (arrived > 0 && arrived == alive) {
        arrived = 0;
        generation++;
    }
    Warp &w = warps[t / warp_lanes];
    w.alive &= ~(1u << t % warp_lanes);
    if (w.arrived && w.arrived == w.alive) {
        w.arrived = 0;
        w.generation++;
    }
}

/* What every fiber does: start threads as long as there are any, then make way for those that wait. */
void loop() {
    for (;;) {
        while (started < count) {
            unsigned t = reversed ? count - 1 - started : started;
            started++;
            current = t;
            threads[t].fiber = running;
            threadIdx = threads[t].index;
            kernel->run(arguments);
            finish(current);
        }
        unsigned next;
        idle.push_back(running);
        if (alive == 0) {
            int from = running;
            running = -1;
            change(fibers[from].context, host);
        } else if (runnable(current, next)) {
            resume(next);
        } else {
            fail("threads wait at different barriers, or some left before one");
        }
    }
}

void run_block() {
    started = 0;
    alive = count;
    generation = arrived = 0;
    for (unsigned t = 0; t < count; t++) {
        threads[t].finished = false;
        threads[t].watched = nullptr;
    }
    for (unsigned w = 0; w * warp_lanes < count; w++) {
        unsigned lanes = count - w * warp_lanes;
        warps[w].generation = warps[w].arrived = 0;
        warps[w].alive = lanes >= warp_lanes ? 0xffffffffu : (1u << lanes) - 1;
    }
    running = take_fiber();
    change(host, fibers[running].context);
}

} // namespace

void run_grid(const Kernel &k, dim3 grid, dim3 block, size_t sharedBytes, void **launched) {
    kernel = &k;
    arguments = launched;
    gridDim = grid;
    blockDim = block;
    count = block.x * block.y * block.z;
    shared.assign(sharedBytes, 0xcd);
    for (unsigned t = 0; t < count; t++) {
        threads[t].index = {t % block.x, t / block.x % block.y, t / block.x / block.y};
    }
    /* a thread is a whole call of its own unless it waits, so fibers are only as many as threads that wait at once */
    fibers.reserve(most_threads + 1);
    for (unsigned z = 0; z < grid.z; z++) {
        for (unsigned y = 0; y < grid.y; y++) {
            for (unsigned x = 0; x < grid.x; x++) {
                blockIdx = {x, y, z};
                run_block();
            }
        }
    }
}

Warp &warp() {
    return warps[current / warp_lanes];
}

unsigned lane() {
    return current % warp_lanes;
}

void *dynamic_shared() {
    return shared.data();
}

void wait_block() {
    if (++arrived == alive) {
        arrived = 0;
        generation++;
    } else {
        wait_for(generation, generation);
    }
}

void wait_warp(unsigned mask) {
    if (mask != 0xffffffffu) {
        fail("only whole warps are emulated");
    }
    Warp &w = warp();
    w.arrived |= 1u << lane();
    if (w.arrived == w.alive) {
        w.arrived = 0;
        w.generation++;
    } else {
        wait_for(w.generation, w.generation);
    }
}

} // namespace sluice
