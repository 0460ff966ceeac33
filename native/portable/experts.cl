/* Gated feed-forward of the chosen experts. The banks hold one expert behind the other. */
#include "step.h"
#include "tile.h"

/* Scales of row o of the first or the second matrix of an expert, whose rows of scales start at scaleRow. */
#ifdef SCALED
#define BLOCK_ROWS(n) (((n) + blockRows - 1) / blockRows)
#define SCALES_AT(blockRow) (scales + (long)(blockRow) * (((columns) + blockColumns - 1) / blockColumns))
#define SCALES_OF_FIRST(o) SCALES_AT(scaleRow + (o) / blockRows)
#define SCALES_OF_SECOND(o) SCALES_AT(scaleRow + BLOCK_ROWS(inner) + (o) / blockRows)
#else
#define BLOCK_ROWS(n) 0
#define SCALES_OF_FIRST(o) scales
#define SCALES_OF_SECOND(o) scales
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
    int scaleRow = e * (mode == 0 ? 2 * BLOCK_ROWS(inner) : BLOCK_ROWS(inner));
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        f32x16 gate[TEAM_ROWS], up[TEAM_ROWS];
        EACH_TEAM_ROW gate[j] = up[j] = splat16(0.0f);
        if (start < last) {
            {
                TEAM_ROWS_FROM(start, last, (long)e * bankRows, SCALES_OF_FIRST)
                weight_dots(weight, rowAt, rowScales, x + r * columns, columns, lane, grid, blockColumns, gate);
            }
            if (mode == 0) {
                TEAM_ROWS_FROM(start, last, (long)e * bankRows + inner, SCALES_OF_SECOND)
                weight_dots(weight, rowAt, rowScales, x + r * columns, columns, lane, grid, blockColumns, up);
            }
        }
        EACH_TEAM_ROW {
            int o = start + j;
            float g = lane_sum(sum16(gate[j]), scratch), u = 0.0f;
            if (mode == 0) {
                u = lane_sum(sum16(up[j]), scratch);
            }
            if (o < last && lane == 0) {
                GLOBAL float *out = t + chosen * inner + o;
                *out = mode == 0 ? silu(g) * u : mode == 1 ? g : silu(g) * *out;
            }
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
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        float sum[TEAM_ROWS];
        EACH_TEAM_ROW sum[j] = 0.0f;
        for (int i = 0; i < k; i++) {
            int e = ids[r * k + i];
            int scaleRow = e * BLOCK_ROWS(rows);
            f32x16 acc[TEAM_ROWS];
            EACH_TEAM_ROW acc[j] = splat16(0.0f);
            if (start < last) {
                TEAM_ROWS_FROM(start, last, (long)e * rows, SCALES_OF_FIRST)
                weight_dots(weight, rowAt, rowScales, t + (r * k + i) * columns, columns, lane, grid, blockColumns, acc);
            }
            EACH_TEAM_ROW sum[j] = FMA(expertWeights[r * k + i], lane_sum(sum16(acc[j]), scratch), sum[j]);
        }
        EACH_TEAM_ROW {
            int o = start + j;
            if (o < last && lane == 0) {
                y[r * rows + o] = sum[j];
            }
        }
    }
}
