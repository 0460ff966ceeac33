/* Rows of a cache that is kept in float32. */
#ifndef SLUICE_CACHED_H
#define SLUICE_CACHED_H

#include "fast.h"

FN const float *cached_row(int table, int position, int width, SLABS, STEP) {
    uint page = (uint)step[table + (position >> PAGE_SHIFT)];
    const float *slab;
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

#endif
