/*
 * Products of rows with a matrix, or with up to four matrices of one type that lie one behind the other, so that everything
 * that reads the same input is one launch. Groups: (runs of matrix rows, tiles of token rows). A work group's teams of LANES work
 * items take TEAM_ROWS matrix rows each; TILE token rows share what is read of the matrix.
 */
#include "outputs.h"
#include "step.h"
#include "tile.h"

#ifdef SCALED
#define SCALES_OF_GATE(o) SCALES_OF((long)(o), columns)
#define SCALES_OF_UP(o) (scales + (long)(BLOCKS(inner) + (o) / blockRows) * ((columns + blockColumns - 1) / blockColumns))
#else
#define SCALES_OF_GATE(o) scales
#define SCALES_OF_UP(o) scales
#endif

/* y[r][o] = W[o] . x[r], plus first[r][o] where adds > 0, plus second[r][o] where adds > 1 */
KERNEL matmul_one(
        WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT x, OUTPUTS, GLOBAL const float *first, GLOBAL const float *second,
        int adds, int columns, long rowBytes, int rows, int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    long r = GROUP_Y;
    LEAVE_ROWS_BEHIND(r, extent(symbol, step));
    int run = (rows + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(rows, (GROUP_X + 1) * run);
    int lane = ITEM % LANES;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        f32x16 acc[TEAM_ROWS];
        EACH_TEAM_ROW acc[j] = splat16(0.0f);
        if (start < last) {
            TEAM_ROWS_FROM(start, last, 0, SCALES_OF_MATRIX_ROW)
            weight_dots(weight, rowAt, rowScales, x + r * columns, columns, lane, grid, blockColumns, acc);
        }
        EACH_TEAM_ROW {
            int o = start + j;
            float sum = lane_sum(sum16(acc[j]), scratch);
            if (o < last && lane == 0) {
                if (adds > 0) {
                    sum = first[r * rows + o] + sum;
                }
                if (adds > 1) {
                    sum = second[r * rows + o] + sum;
                }
                *place(r, o, rows, OUTPUTS_PASSED) = sum;
            }
        }
    }
}

/* As matmul_one, for many token rows. */
KERNEL matmul_many(
        WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT x, OUTPUTS, GLOBAL const float *first, GLOBAL const float *second,
        int adds, int columns, long rowBytes, int rows, int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    int count = extent(symbol, step);
    LEAVE_ROWS_BEHIND(GROUP_Y * TILE, count);
    int run = (rows + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(rows, (GROUP_X + 1) * run);
    int lane = ITEM % LANES;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        float sums[TILE * TEAM_ROWS];
        TEAM_ROWS_FROM(start, last, 0, SCALES_OF_MATRIX_ROW)
        tile_dots(
                start < last, weight, rowAt, rowScales, x, GROUP_Y * TILE, count, columns, lane, grid, blockColumns, scratch,
                sums);
        FOR_TILE {
            long r = (long)GROUP_Y * TILE + t;
            EACH_TEAM_ROW {
                int o = start + j;
                if (o < last && lane == 0 && r < count) {
                    float sum = sums[t * TEAM_ROWS + j];
                    if (adds > 0) {
                        sum = first[r * rows + o] + sum;
                    }
                    if (adds > 1) {
                        sum = second[r * rows + o] + sum;
                    }
                    *place(r, o, rows, OUTPUTS_PASSED) = sum;
                }
            }
        }
    }
}

/* y[r][o] = silu(gate[o] . x[r]) * (up[o] . x[r]): the matrix holds the rows of gate, then those of up. */
KERNEL gate_up_one(
        WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT x, GLOBAL float *RESTRICT y, int columns, long rowBytes, int inner,
        int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    long r = GROUP_Y;
    LEAVE_ROWS_BEHIND(r, extent(symbol, step));
    int run = (inner + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(inner, (GROUP_X + 1) * run);
    int lane = ITEM % LANES;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        f32x16 gate[TEAM_ROWS], up[TEAM_ROWS];
        EACH_TEAM_ROW gate[j] = up[j] = splat16(0.0f);
        if (start < last) {
            {
                TEAM_ROWS_FROM(start, last, 0, SCALES_OF_GATE)
                weight_dots(weight, rowAt, rowScales, x + r * columns, columns, lane, grid, blockColumns, gate);
            }
            {
                TEAM_ROWS_FROM(start, last, inner, SCALES_OF_UP)
                weight_dots(weight, rowAt, rowScales, x + r * columns, columns, lane, grid, blockColumns, up);
            }
        }
        EACH_TEAM_ROW {
            int o = start + j;
            float g = lane_sum(sum16(gate[j]), scratch), u = lane_sum(sum16(up[j]), scratch);
            if (o < last && lane == 0) {
                y[r * inner + o] = silu(g) * u;
            }
        }
    }
}

/* As gate_up_one, for many token rows. */
KERNEL gate_up_many(
        WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT x, GLOBAL float *RESTRICT y, int columns, long rowBytes, int inner,
        int symbol, STEP) {
    LOCAL_ARRAY(float, scratch, GROUP);
    int count = extent(symbol, step);
    LEAVE_ROWS_BEHIND(GROUP_Y * TILE, count);
    int run = (inner + GROUPS_X - 1) / GROUPS_X;
    int last = min_int(inner, (GROUP_X + 1) * run);
    int lane = ITEM % LANES;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        float gate[TILE * TEAM_ROWS], up[TILE * TEAM_ROWS];
        {
            TEAM_ROWS_FROM(start, last, 0, SCALES_OF_GATE)
            tile_dots(
                    start < last, weight, rowAt, rowScales, x, GROUP_Y * TILE, count, columns, lane, grid, blockColumns,
                    scratch, gate);
        }
        {
            TEAM_ROWS_FROM(start, last, inner, SCALES_OF_UP)
            tile_dots(
                    start < last, weight, rowAt, rowScales, x, GROUP_Y * TILE, count, columns, lane, grid, blockColumns,
                    scratch, up);
        }
        FOR_TILE {
            long r = (long)GROUP_Y * TILE + t;
            EACH_TEAM_ROW {
                int o = start + j;
                if (o < last && lane == 0 && r < count) {
                    y[r * inner + o] = silu(gate[t * TEAM_ROWS + j]) * up[t * TEAM_ROWS + j];
                }
            }
        }
    }
}
