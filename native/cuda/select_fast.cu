/*
 * select.cl's select_top_k for long contexts, with the same arguments: one block of 1,024 threads a row. Three rounds of a histogram
 * over 11, 11 and 10 bits find the k-th largest score, then tiles of 4,096 are copied in order, so that the result is ascending,
 * the smaller position first among equals, and the same in every run.
 */
#include "fast.h"

#include "../portable/select.h"

#define THREADS 1024
#define BINS 2048
#define OWN 4

/* What stands before this thread's value in the block, in order of threads, and the sum of all. Values below 2^26. */
FN int before_in_block(int value, int *totals, int &all) {
    int sum = value;
    _Pragma("unroll") for (int s = 1; s < 32; s *= 2) {
        int other = __shfl_up_sync(ALL_LANES, sum, s);
        sum += LANE >= s ? other : 0;
    }
    if (LANE == 31) {
        totals[WARP] = sum;
    }
    __syncthreads();
    int warps = totals[LANE];
    _Pragma("unroll") for (int s = 1; s < 32; s *= 2) {
        int other = __shfl_up_sync(ALL_LANES, warps, s);
        warps += LANE >= s ? other : 0;
    }
    int before = __shfl_sync(ALL_LANES, warps, (WARP + 31) % 32);
    all = __shfl_sync(ALL_LANES, warps, 31);
    __syncthreads();
    return sum - value + (WARP > 0 ? before : 0);
}

KERNEL_OF(THREADS, 1) select_top_k_fast(const float *__restrict__ scores, int *__restrict__ y, int k, STEP) {
    __shared__ int histogram[BINS];
    __shared__ int totals[32];
    __shared__ int found[2];
    int r = GROUP_X;
    if (r >= step[0]) {
        return;
    }
    int n = position_of(r, step) + 1, self = (int)threadIdx.x;
    int *out = y + (long)r * k;
    const float *x = scores + (long)r * step[2];
    if (n <= k) {
        for (int i = self; i < k; i += THREADS) {
            out[i] = i < n ? i : -1;
        }
        return;
    }
    uint threshold = 0, known = 0;
    int wanted = k; /* of the elements that share the threshold's known bits */
    for (int round = 0; round < 3; round++) {
        int shift = round == 0 ? 21 : round == 1 ? 10 : 0;
        uint mask = round == 2 ? 1023 : 2047;
        histogram[self] = histogram[self + THREADS] = 0;
        __syncthreads();
        for (int i = self; i < n; i += THREADS) {
            uint v = order_of(x[i]);
            if ((v & known) == threshold) {
                atomicAdd(&histogram[v >> shift & mask], 1);
            }
        }
        __syncthreads();
        /* two bins a thread, from the largest on: one of them holds the wanted-th */
        int bin = BINS - 1 - 2 * self, first = histogram[bin], second = histogram[bin - 1], all;
        int before = before_in_block(first + second, totals, all);
        if (before < wanted && before + first >= wanted) {
            found[0] = bin;
            found[1] = before;
        } else if (before + first < wanted && before + first + second >= wanted) {
            found[0] = bin - 1;
            found[1] = before + first;
        }
        __syncthreads();
        threshold |= (uint)found[0] << shift;
        wanted -= found[1];
        known |= mask << shift;
        __syncthreads();
    }
    int above = 0, same = 0; /* before the tile */
    for (int base = 0; base < n; base += THREADS * OWN) {
        uint v[OWN];
        int counts = 0, all;
        _Pragma("unroll") for (int i = 0; i < OWN; i++) {
            int at = base + OWN * self + i;
            v[i] = at < n ? order_of(x[at]) : 0;
            counts += at < n ? (v[i] > threshold) + ((v[i] == threshold) << 13) : 0;
        }
        int before = before_in_block(counts, totals, all);
        int larger = above + (before & 8191), equal = same + (before >> 13);
        _Pragma("unroll") for (int i = 0; i < OWN; i++) {
            int at = base + OWN * self + i;
            if (at < n && v[i] > threshold) {
                out[larger + min(equal, wanted)] = at;
                larger++;
            } else if (at < n && v[i] == threshold) {
                if (equal < wanted) {
                    out[larger + equal] = at;
                }
                equal++;
            }
        }
        above += all & 8191;
        same += all >> 13;
    }
}
