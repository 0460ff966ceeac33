/* Dot products and sums over work items, always in the same order: a row's bits never depend on its neighbours. */
#ifndef SLUICE_SUMS_H
#define SLUICE_SUMS_H

#include "vec16.h"

/* Sum over the LANES work items that share a dot product, valid in lane 0. All work items of the group must call it. */
FN float lane_sum(float x, LOCAL float *scratch) {
#if LANES == 1
    return x;
#elif defined(__CUDACC__) && LANES == 32
    for (int s = LANES / 2; s > 0; s /= 2) {
        x += __shfl_down_sync(0xffffffffu, x, s);
    }
    return x;
#else
    int lane = ITEM % LANES;
    scratch[ITEM] = x;
    BARRIER();
    for (int s = LANES / 2; s > 0; s /= 2) {
        if (lane < s) {
            scratch[ITEM] += scratch[ITEM + s];
        }
        BARRIER();
    }
    x = scratch[ITEM - lane];
    BARRIER();
    return x;
#endif
}

/* Sum over the work group, valid everywhere. */
FN float group_sum(float x, LOCAL float *scratch) {
#if GROUP == 1
    return x;
#else
    scratch[ITEM] = x;
    BARRIER();
    for (int s = GROUP / 2; s > 0; s /= 2) {
        if (ITEM < s) {
            scratch[ITEM] += scratch[ITEM + s];
        }
        BARRIER();
    }
    x = scratch[0];
    BARRIER();
    return x;
#endif
}

/* Largest over the work group, valid everywhere. */
FN float group_max(float x, LOCAL float *scratch) {
#if GROUP == 1
    return x;
#else
    scratch[ITEM] = x;
    BARRIER();
    for (int s = GROUP / 2; s > 0; s /= 2) {
        if (ITEM < s && scratch[ITEM + s] > scratch[ITEM]) {
            scratch[ITEM] = scratch[ITEM + s];
        }
        BARRIER();
    }
    x = scratch[0];
    BARRIER();
    return x;
#endif
}

/* a[0..n) . b[0..n), for the 16-element pieces first, first + stride, ... */
FN float dot_part(GLOBAL const float *a, GLOBAL const float *b, int n, int first, int stride) {
    f32x16 sum = splat16(0.0f);
    int full = n / 16;
    for (int u = first; u < full; u += stride) {
        sum = fma16(load_f32x16(a + 16 * u), load_f32x16(b + 16 * u), sum);
    }
    if (n % 16 && full % stride == first) {
        sum = fma16(load_part_f32x16(a + 16 * full, n % 16), load_part_f32x16(b + 16 * full, n % 16), sum);
    }
    return sum16(sum);
}

#endif
