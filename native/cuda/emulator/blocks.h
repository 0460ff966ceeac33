/*
 * Runs a grid on the host: one block after the other, the threads of a block as fibers that are switched where they wait for
 * each other. A thread that never waits costs a call: the next one starts on the same stack.
 */
#ifndef SLUICE_EMULATOR_BLOCKS_H
#define SLUICE_EMULATOR_BLOCKS_H

#include <stdint.h>

#include "kernel.h"

struct dim3 {
    unsigned x, y, z;
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace sluice {

constexpr unsigned warp_lanes = 32;

/* What the lanes of a warp show each other; two of each, since the first lane may be one exchange ahead of the last. */
struct Warp {
    unsigned generation;
    unsigned arrived;
    unsigned alive;
    uint64_t shown[2][warp_lanes];
    uint32_t fragments[2][warp_lanes][8];
};

void run_grid(const Kernel &kernel, dim3 grid, dim3 block, size_t sharedBytes, void **arguments);

/* Runs threads of a block from the last to the first: what relies on the order without a barrier shows. */
extern bool reversed;

/* Of the running thread. */
Warp &warp();
unsigned lane();
void *dynamic_shared();

/* Waits for all threads of the block, or all lanes of the warp. */
void wait_block();
void wait_warp(unsigned mask);

} // namespace sluice

#endif
