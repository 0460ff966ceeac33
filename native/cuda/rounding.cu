/* What surrounds products on tensor cores (gemm.cu): rounding of activations, lists of rows for experts, sums of what they give. */
#include "mma.h"

#define MOST_EXPERTS 1024

/* y = x as bfloat16; `times` runs of n elements for each row. Groups: (runs of pieces, rows). n is a multiple of 8. */
KERNEL_OF(256, 4) round_rows(const float *__restrict__ x, uint4 *__restrict__ y, int n, int times, int symbol, STEP) {
    if (GROUP_Y >= extent(symbol, step)) {
        return;
    }
    int pieces = n / 8 * times;
    long at = (long)GROUP_Y * pieces;
    for (int i = GROUP_X * 256 + ITEM; i < pieces; i += 256 * GROUPS_X) {
        const float4 *from = (const float4 *)x + 2 * (at + i);
        float4 a = from[0], b = from[1];
        y[at + i] = make_uint4(two_bf16(a.x, a.y), two_bf16(a.z, a.w), two_bf16(b.x, b.y), two_bf16(b.z, b.w));
    }
}

/*
 * The choices of all rows (row * k + i) sorted by expert into `order`, and tiles of up to 128 that chose the same one: their number,
 * then expert, place of the first in the order and number of each. One group. Results do not depend on the order within an expert.
 */
KERNEL_OF(1024, 1) group_choices(
        const int *__restrict__ ids, int *__restrict__ order, int *__restrict__ tiles, int experts, int k, int symbol, STEP) {
    __shared__ int next[MOST_EXPERTS];
    int choices = extent(symbol, step) * k;
    next[ITEM] = 0;
    __syncthreads();
    for (int i = ITEM; i < choices; i += 1024) {
        atomicAdd(&next[ids[i]], 1);
    }
    __syncthreads();
    if (ITEM == 0) {
        int begin = 0, count = 0;
        for (int e = 0; e < experts; e++) {
            int n = next[e];
            next[e] = begin;
            for (int at = 0; at < n; at += TILE_ROWS) {
                int *tile = tiles + 1 + 3 * count++;
                tile[0] = e;
                tile[1] = begin + at;
                tile[2] = min(n - at, TILE_ROWS);
            }
            begin += n;
        }
        tiles[0] = count;
    }
    __syncthreads();
    for (int i = ITEM; i < choices; i += 1024) {
        order[atomicAdd(&next[ids[i]], 1)] = i;
    }
}

/* y[r] = sum of parts[r * k + i] in the order of i. Groups: (rows). */
KERNEL_OF(256, 4) sum_choices(const float *__restrict__ parts, float *__restrict__ y, int n, int k, int symbol, STEP) {
    if (GROUP_X >= extent(symbol, step)) {
        return;
    }
    const float *from = parts + (long)GROUP_X * k * n;
    for (int o = ITEM; o < n; o += 256) {
        float sum = 0.0f;
        for (int i = 0; i < k; i++) {
            sum += from[(long)i * n + o];
        }
        y[(long)GROUP_X * n + o] = sum;
    }
}
