/*
 * A matrix of its own for every head. Groups: (heads x pieces, rows): each head is cut into as many pieces as there are groups
 * for it.
 */
#define MANY_REGISTERS
#include "step.h"
#include "tile.h"

#define HEAD_ARGUMENTS \
    WEIGHT_ARGUMENTS, GLOBAL const float *RESTRICT x, GLOBAL float *RESTRICT y, int heads, int headWidth, int offset, \
            int headStride, int firstRow, int headRows, int columns, long rowBytes, int symbol, STEP

#define SCALES_OF_HEAD(o) SCALES_OF((long)h * headStride + firstRow + (o), columns)

/* y[r][h] = W_h x[r][h] */
KERNEL head_matmul(HEAD_ARGUMENTS) {
    LOCAL_ARRAY(float, scratch, GROUP);
    LEAVE_ROWS_BEHIND(GROUP_Y, extent(symbol, step));
    int pieces = GROUPS_X / heads, h = GROUP_X / pieces, piece = GROUP_X % pieces;
    int run = (headRows + pieces - 1) / pieces;
    int last = min_int(headRows, (piece + 1) * run);
    int lane = ITEM % LANES;
    long r = GROUP_Y;
    GLOBAL const float *in = x + (r * heads + h) * headWidth + offset;
    for (int base = piece * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        f32x16 acc[TEAM_ROWS];
        EACH_TEAM_ROW acc[j] = splat16(0.0f);
        if (start < last) {
            TEAM_ROWS_FROM(start, last, (long)h * headStride + firstRow, SCALES_OF_HEAD)
            weight_dots(weight, rowAt, rowScales, in, columns, lane, grid, blockColumns, acc);
        }
        EACH_TEAM_ROW {
            int o = start + j;
            float sum = lane_sum(sum16(acc[j]), scratch);
            if (o < last && lane == 0) {
                y[(r * heads + h) * headRows + o] = sum;
            }
        }
    }
}

/* y[r][h] = W_h^T x[r][h]: a team takes 16 columns TEAM_ROWS times, its work items every LANES-th row of them. */
KERNEL head_matmul_transposed(HEAD_ARGUMENTS) {
    LOCAL_ARRAY(float, scratch, GROUP);
    LEAVE_ROWS_BEHIND(GROUP_Y, extent(symbol, step));
    int pieces = GROUPS_X / heads, h = GROUP_X / pieces, piece = GROUP_X % pieces;
    int total = PIECES(columns);
    int run = (total + pieces - 1) / pieces;
    int last = min_int(total, (piece + 1) * run);
    int lane = ITEM % LANES;
    long r = GROUP_Y;
    GLOBAL const float *in = x + (r * heads + h) * headWidth + offset;
    for (int base = piece * run; base < last; base += GROUP / LANES * TEAM_ROWS) {
        int start = base + ITEM / LANES * TEAM_ROWS;
        f32x16 sum[TEAM_ROWS];
        EACH_TEAM_ROW sum[j] = splat16(0.0f);
        if (start < last) {
            for (int k = lane; k < headRows; k += LANES) {
                long row = (long)h * headStride + firstRow + k;
                f32x16 factor = splat16(in[k]);
                EACH_TEAM_ROW {
                    int p = min_int(start + j, last - 1);
                    f32x16 w = weight16(weight + row * rowBytes, p, columns, grid, SCALES_OF(row, columns), blockColumns);
                    sum[j] = fma16(factor, w, sum[j]);
                }
            }
        }
        EACH_TEAM_ROW {
            int p = start + j, n = min_int(16, columns - 16 * p);
            GLOBAL float *out = y + (r * heads + h) * columns + 16 * p;
#if LANES == 1
            if (p < last && n == 16) {
                store_f32x16(out, sum[j]);
            } else if (p < last) {
                store_part_f32x16(out, sum[j], n);
            }
#else
            float t[16];
            spread16(sum[j], t);
            _Pragma("unroll") for (int i = 0; i < 16; i++) {
                float total16 = lane_sum(t[i], scratch);
                if (p < last && lane == 0 && i < n) {
                    out[i] = total16;
                }
            }
#endif
        }
    }
}
