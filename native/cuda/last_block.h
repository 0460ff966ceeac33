/* How a kernel goes on by itself when all its blocks, or all that share something, are done. */
#ifndef SLUICE_LAST_BLOCK_H
#define SLUICE_LAST_BLOCK_H

#include "fast.h"

/*
 * Whether a block is the last of so many to come here. All its threads call it when they have stored what the last one reads, which it must
 * not load as if it were constant. The counter is zero before and behind.
 */
FN int is_last_block(int *arrived, int blocks) {
    __shared__ int last;
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
        last = atomicAdd(arrived, 1) == blocks - 1;
        if (last) {
            *arrived = 0;
        }
    }
    __syncthreads();
    if (last) {
        __threadfence();
    }
    return last;
}

#endif
