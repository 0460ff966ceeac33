/* Gated feed-forward of the chosen experts. The banks hold one expert behind the other. */
#include "step.h"
#include "sums.h"
#include "weight.h"

#ifdef SCALED
#define BLOCK_ROWS(n) (((n) + blockRows - 1) / blockRows)
#define BLOCK_COLUMNS (((columns) + blockColumns - 1) / blockColumns)
#define SCALES_AT(blockRow) (scales + (long)(blockRow) * BLOCK_COLUMNS)
#else
#define BLOCK_ROWS(n) 0
#define SCALES_AT(blockRow) scales
#endif
#ifdef SCALED
#define SCALE_ROW(o) ((o) / blockRows)
#else
#define SCALE_ROW(o) 0
#endif

/*
 * t[r][k][o] = gate_e[o] . x[r] and so on with e = ids[r][k]; groups: (runs of inner rows, rows * k).
 * mode 0: the bank holds for each expert the rows of gate, then those of up: t = silu(gate . x) * (up . x)
 * mode 1: the bank holds up: t = up . x
 * mode 2: the bank holds gate: t = silu(gate . x) * t
 */
KERNEL expert_inner(
        WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT x, GLOBAL const int *RESTRICT ids, GLOBAL float *t, int mode,
        int columns, long rowBytes, int inner, int k, int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    long chosen = GROUP_Y, r = chosen / k;
    LEAVE_ROWS_BEHIND(r, extent(symbol, step));
    int run = (inner + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(inner, (GROUP_X + 1) * run);
    int lane = ITEM % LANES;
    int e = ids[chosen];
    int bankRows = mode == 0 ? 2 * inner : inner;
    int scaleRows = mode == 0 ? 2 * BLOCK_ROWS(inner) : BLOCK_ROWS(inner);
    GLOBAL const uchar *matrix = weight + (long)e * bankRows * rowBytes;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES) {
        int o = base + ITEM / LANES;
        float g = 0.0f, u = 0.0f;
        if (o < last) {
            int scaleRow = e * scaleRows + SCALE_ROW(o);
            GLOBAL const uchar *row = matrix + o * rowBytes;
            g = sum16(weight_dot(row, x + r * columns, columns, lane, grid, SCALES_AT(scaleRow), blockColumns));
            if (mode == 0) {
                u = sum16(weight_dot(
                        row + inner * rowBytes, x + r * columns, columns, lane, grid, SCALES_AT(scaleRow + BLOCK_ROWS(inner)),
                        blockColumns));
            }
        }
        g = lane_sum(g, scratch);
        if (mode == 0) {
            u = lane_sum(u, scratch);
        }
        if (o < last && lane == 0) {
            GLOBAL float *out = t + chosen * inner + o;
            *out = mode == 0 ? silu(g) * u : mode == 1 ? g : silu(g) * *out;
        }
    }
}

/* y[r][o] = sum over k of weights[r][k] * (down_e[o] . t[r][k]), in the order of k; groups: (runs of rows of down, rows) */
KERNEL expert_down(
        WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT t, GLOBAL const int *RESTRICT ids,
        GLOBAL const float *RESTRICT expertWeights, GLOBAL float *RESTRICT y, int columns, long rowBytes, int rows, int k,
        int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    long r = GROUP_Y;
    LEAVE_ROWS_BEHIND(r, extent(symbol, step));
    int run = (rows + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(rows, (GROUP_X + 1) * run);
    int lane = ITEM % LANES;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES) {
        int o = base + ITEM / LANES;
        float sum = 0.0f;
        for (int i = 0; i < k; i++) {
            int e = ids[r * k + i];
            float dot = 0.0f;
            if (o < last) {
                GLOBAL const uchar *row = weight + ((long)e * rows + o) * rowBytes;
                GLOBAL const float *in = t + (r * k + i) * columns;
                int scaleRow = e * BLOCK_ROWS(rows) + SCALE_ROW(o);
                dot = sum16(weight_dot(row, in, columns, lane, grid, SCALES_AT(scaleRow), blockColumns));
            }
            sum = FMA(expertWeights[r * k + i], lane_sum(dot, scratch), sum);
        }
        if (o < last && lane == 0) {
            y[r * rows + o] = sum;
        }
    }
}
