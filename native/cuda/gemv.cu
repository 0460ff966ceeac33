/*
 * matmul.cl for one to a few rows of activations: the same arguments and groups (runs of matrix rows, tiles of token rows), and for
 * matmul_one and matmul_many what follows them behind (tail.h). See gemv_int8.h for quantised matrices, gemv_plain.h for others.
 */
#include "gemv.h"
#include "tail.h"

#include "../portable/outputs.h"

/* matrix rows of a warp at a time: enough to make the rounding of activations cheap, few enough for their registers */
#define R 4

/* the same memory for the product and for what follows */
template <int T>
union Room {
    Shared<T> product;
    uchar tail[TAIL_BYTES];
};

template <int T>
FN void gemv(
        MATRIX_ARGUMENTS, const float *x, OUTPUTS, const float *first, const float *second, int adds, int columns,
        long rowBytes, int rows, int count, STEP, TAIL) {
    __shared__ Room<T> room;
    int run = (rows + GROUPS_X - 1) / GROUPS_X, last = min((GROUP_X + 1) * run, rows), token = GROUP_Y * T;
    for (int base = GROUP_X * run; base < last; base += WARPS * R) {
        float acc[R][T] = {};
        int own = base + WARP, active = own < last ? min((last - own + WARPS - 1) / WARPS, R) : 0;
        products<T, R>(
                room.product, acc, active, 1, columns, weight + rows * rowBytes, grid, blockColumns,
                [&](int, int r) { return weight + (long)(own + r * WARPS) * rowBytes; },
                [&](int, int t) { return x + (long)min(token + t, count - 1) * columns; }, [](int, int) { return 1.0f; },
                [&](int, int r) { return SCALES_OF_MATRIX_ROW(own + r * WARPS); });
        /* lane r T + t stores the sum of row r and activations t */
        float sum = 0.0f;
        _Pragma("unroll") for (int r = 0; r < R; r++) {
            _Pragma("unroll") for (int t = 0; t < T; t++) {
                float all = warp_sum(acc[r][t]);
                sum = LANE == r * T + t ? all : sum;
            }
        }
        int r = LANE / T, o = own + r * WARPS;
        long at = token + LANE % T;
        if (r < active && at < count) {
            sum = adds > 0 ? first[at * rows + o] + sum : sum;
            sum = adds > 1 ? second[at * rows + o] + sum : sum;
            *place(at, o, rows, OUTPUTS_PASSED) = sum;
        }
    }
    finish_tile(tail, arrived, token, min(token + T, count), room.tail, step);
}

template <int T>
FN void gate_up(MATRIX_ARGUMENTS, const float *x, float *y, int columns, long rowBytes, int inner, int count) {
    __shared__ Shared<T> shared;
    int run = (inner + GROUPS_X - 1) / GROUPS_X, last = min((GROUP_X + 1) * run, inner), token = GROUP_Y * T;
    for (int base = GROUP_X * run; base < last; base += WARPS * R / 2) {
        float acc[R][T] = {};
        int own = base + WARP, active = own < last ? 2 * min((last - own + WARPS - 1) / WARPS, R / 2) : 0;
        products<T, R>(
                shared, acc, active, 1, columns, weight + 2 * inner * rowBytes, grid, blockColumns,
                [&](int, int r) { return weight + ((long)(r & 1) * inner + own + (r >> 1) * WARPS) * rowBytes; },
                [&](int, int t) { return x + (long)min(token + t, count - 1) * columns; }, [](int, int) { return 1.0f; },
                [&](int, int r) {
                    return SCALES_OF_BLOCK_ROW((r & 1) * SCALE_BLOCKS(inner) + SCALE_BLOCK(own + (r >> 1) * WARPS));
                });
        float gate = 0.0f, up = 0.0f;
        _Pragma("unroll") for (int r = 0; r < R; r += 2) {
            _Pragma("unroll") for (int t = 0; t < T; t++) {
                float g = warp_sum(acc[r][t]), u = warp_sum(acc[r + 1][t]);
                gate = LANE == r / 2 * T + t ? g : gate;
                up = LANE == r / 2 * T + t ? u : up;
            }
        }
        long at = token + LANE % T;
        if (2 * (LANE / T) < active && at < count) {
            y[at * inner + own + LANE / T * WARPS] = silu(gate) * up;
        }
    }
}

#define GEMV(T) \
    int count = extent(symbol, step); \
    if (GROUP_Y * T < count) { \
        gemv<T>(WEIGHT, x, OUTPUTS_PASSED, first, second, adds, columns, rowBytes, rows, count, step, tail, arrived); \
    }
#define GATE_UP(T) \
    int count = extent(symbol, step); \
    if (GROUP_Y * T < count) { \
        gate_up<T>(WEIGHT, x, y, columns, rowBytes, inner, count); \
    }
#define WEIGHT weight, grid, scales, blockRows, blockColumns

KERNEL_OF(256, 4) gemv_one(
        MATRIX_ARGUMENTS, const float *__restrict__ x, OUTPUTS, const float *first, const float *second, int adds, int columns,
        long rowBytes, int rows, int symbol, STEP, TAIL) {
    GEMV(1)
}

KERNEL_OF(256, 2) gemv_many(
        MATRIX_ARGUMENTS, const float *__restrict__ x, OUTPUTS, const float *first, const float *second, int adds, int columns,
        long rowBytes, int rows, int symbol, STEP, TAIL) {
    GEMV(4)
}

KERNEL_OF(256, 2) gate_up_gemv_one(
        MATRIX_ARGUMENTS, const float *__restrict__ x, float *__restrict__ y, int columns, long rowBytes, int inner, int symbol,
        STEP) {
    GATE_UP(1)
}

KERNEL_OF(256, 2) gate_up_gemv_many(
        MATRIX_ARGUMENTS, const float *__restrict__ x, float *__restrict__ y, int columns, long rowBytes, int inner, int symbol,
        STEP) {
    GATE_UP(4)
}
