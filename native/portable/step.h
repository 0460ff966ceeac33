/*
 * What a kernel knows about the running step. The host writes one array of int before each step:
 *
 *   step[0] rows, step[1] outputs, step[2] longest context, step[3] where the rows' facts start, then for each rotation where its
 *   angles start. The rows' facts: position of each row, row of each output (as many places as rows), start of each row's page
 *   table. Angles: cos and sin of each pair of each row, as float bits. A page table: for each page slab << 28 | index.
 *
 * Pages hold PAGE tokens of every state. They lie in up to eight slabs, so that a pool grows without moving anything.
 */
#ifndef SLUICE_STEP_H
#define SLUICE_STEP_H

#include "dialect.h"

#define PAGE_SHIFT 6
#define PAGE (1 << PAGE_SHIFT)

#define STEP GLOBAL const int *RESTRICT step
#define SLABS \
    GLOBAL float *slab0, GLOBAL float *slab1, GLOBAL float *slab2, GLOBAL float *slab3, GLOBAL float *slab4, \
            GLOBAL float *slab5, GLOBAL float *slab6, GLOBAL float *slab7, long pageFloats, long stateAt
#define SLABS_ARGUMENTS slab0, slab1, slab2, slab3, slab4, slab5, slab6, slab7, pageFloats, stateAt

/*
 * A captured CUDA graph is launched for the largest step of its bucket, so kernels leave rows alone that the step does not have.
 * OpenCL launches the rows of the step and no more; PoCL does not survive a return before a barrier.
 */
#ifdef __CUDACC__
#define LEAVE_ROWS_BEHIND(row, count) \
    if ((row) >= (count)) { \
        return; \
    }
#else
#define LEAVE_ROWS_BEHIND(row, count)
#endif

FN int extent(int symbol, STEP) {
    return symbol == EXTENT_ROWS ? step[0] : symbol == EXTENT_OUTPUTS ? step[1] : symbol;
}

FN int position_of(int row, STEP) {
    return step[step[3] + row];
}

FN int output_row(int output, STEP) {
    return step[step[3] + step[0] + output];
}

FN int page_table(int row, STEP) {
    return step[step[3] + 2 * step[0] + row];
}

FN GLOBAL const float *angles_of(int row, int rotation, int pairs, STEP) {
    return (GLOBAL const float *)(step + step[4 + rotation]) + 2 * (long)row * pairs;
}

/* The cached row of a state at a position. */
FN GLOBAL float *cache_row(int table, int position, int width, SLABS, STEP) {
    uint page = (uint)step[table + (position >> PAGE_SHIFT)];
    GLOBAL float *slab;
    switch (page >> 28) {
        case 0: slab = slab0; break;
        case 1: slab = slab1; break;
        case 2: slab = slab2; break;
        case 3: slab = slab3; break;
        case 4: slab = slab4; break;
        case 5: slab = slab5; break;
        case 6: slab = slab6; break;
        default: slab = slab7; break;
    }
    return slab + (long)(page & 0x0fffffff) * pageFloats + stateAt + (long)(position & (PAGE - 1)) * width;
}

/* Which elements of a rotated part form pair i, and their turned values. */
FN int pair_first(int i, int splitHalves) {
    return splitHalves ? i : 2 * i;
}

FN int pair_second(int i, int splitHalves, int pairs) {
    return splitHalves ? i + pairs : 2 * i + 1;
}

#endif
