/*
 * experts.cl for a few rows: the same arguments and groups. One launch runs gate and up
 * of all chosen experts with the gated unit, one runs down with the weighted sum. See gemv_int8.h
 * for quantised banks, gemv_plain.h for others.
 */
#include "gemv.h"

#define R 4

/* mode 0: t = silu(gate . x) * (up . x), 1: t = up . x, 2: t = silu(gate . x) * t; groups: (runs of inner rows, rows * k) */
KERNEL_OF(256, 2) expert_inner_gemv(
        MATRIX_ARGUMENTS, const float *__restrict__ x, const int *__restrict__ ids, float *t, int mode, int columns, long rowBytes,
        int inner, int k, int symbol, STEP) {
    __shared__ Shared<1> shared;
    long chosen = GROUP_Y, row = chosen / k;
    if (row >= extent(symbol, step)) {
        return;
    }
    int run = (inner + GROUPS_X - 1) / GROUPS_X, last = min((GROUP_X + 1) * run, inner);
    int each = mode == 0 ? 2 : 1, shift = each - 1; /* matrix rows for one result */
    const uchar *bank = weight + (long)ids[chosen] * each * inner * rowBytes;
    for (int base = GROUP_X * run; base < last; base += WARPS * R / each) {
        float acc[R][1] = {};
        int own = base + WARP, active = own < last ? each * min((last - own + WARPS - 1) / WARPS, R / each) : 0;
        products<1, R>(
                shared, acc, active, 1, columns, bank + each * inner * rowBytes, grid, blockColumns,
                [&](int, int r) { return bank + ((long)(r & shift) * inner + own + (r >> shift) * WARPS) * rowBytes; },
                [&](int, int) { return x + row * columns; }, [](int, int) { return 1.0f; },
                [&](int, int r) {
                    int before = ids[chosen] * each + (r & shift);
                    return SCALES_OF_BLOCK_ROW(before * SCALE_BLOCKS(inner) + SCALE_BLOCK(own + (r >> shift) * WARPS));
                });
        float sum = 0.0f; /* of row r in lane r */
        _Pragma("unroll") for (int r = 0; r < R; r++) {
            float all = warp_sum(acc[r][0]);
            sum = LANE == r ? all : sum;
        }
        float other = __shfl_xor_sync(ALL_LANES, sum, 1);
        if (LANE < active && (LANE & shift) == 0) {
            float *out = t + chosen * inner + own + (LANE >> shift) * WARPS;
            *out = mode == 0 ? silu(sum) * other : mode == 1 ? sum : silu(sum) * *out;
        }
    }
}

/*
 * y[r] = sum over k of weights[r][k] * (down_e . t[r][k]); groups: (runs of rows of down, rows). The experts of a row are one
 * long product: their weights go into the scales of the rounded activations.
 */
KERNEL_OF(256, 2) expert_down_gemv(
        MATRIX_ARGUMENTS, const float *__restrict__ t, const int *__restrict__ ids, const float *__restrict__ expertWeights,
        float *__restrict__ y, int columns, long rowBytes, int rows, int k, int symbol, STEP) {
    __shared__ Shared<1> shared;
    long row = GROUP_Y;
    if (row >= extent(symbol, step)) {
        return;
    }
    int run = (rows + GROUPS_X - 1) / GROUPS_X, last = min((GROUP_X + 1) * run, rows);
    for (int base = GROUP_X * run; base < last; base += WARPS * R) {
        float acc[R][1] = {};
        int own = base + WARP, active = own < last ? min((last - own + WARPS - 1) / WARPS, R) : 0;
        long most = 0;
        for (int i = 0; i < k; i++) {
            most = ids[row * k + i] > most ? ids[row * k + i] : most;
        }
        products<1, R>(
                shared, acc, active, k, columns, weight + (most + 1) * rows * rowBytes, grid, blockColumns,
                [&](int i, int r) {
                    return weight + ((long)ids[row * k + i] * rows + own + r * WARPS) * rowBytes;
                },
                [&](int i, int) { return t + (row * k + i) * columns; },
                [&](int i, int) { return expertWeights[row * k + i]; },
                [&](int i, int r) {
                    return SCALES_OF_BLOCK_ROW(ids[row * k + i] * SCALE_BLOCKS(rows) + SCALE_BLOCK(own + r * WARPS));
                });
        float sum = 0.0f;
        _Pragma("unroll") for (int r = 0; r < R; r++) {
            float all = warp_sum(acc[r][0]);
            sum = LANE == r ? all : sum;
        }
        if (LANE < active) {
            y[row * rows + own + LANE * WARPS] = sum;
        }
    }
}
