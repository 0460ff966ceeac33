/*
 * Products of rows with a matrix, or with up to four matrices of one type that lie one behind the other, so that everything
 * that reads the same input is one launch. Groups: (runs of matrix rows, tiles of token rows). A work group's teams of LANES work
 * items take one matrix row each; TILE token rows share what is read of the matrix.
 */
#include "outputs.h"
#include "step.h"
#include "sums.h"
#include "weight.h"

#define TILE 4

#ifdef SCALED
#define SCALES_OF_UP(o) (scales + (long)(BLOCKS(inner) + (o) / blockRows) * ((columns + blockColumns - 1) / blockColumns))
#else
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
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES) {
        int o = base + ITEM / LANES;
        float sum = 0.0f;
        if (o < last) {
            sum = sum16(weight_dot(
                    weight + o * rowBytes, x + r * columns, columns, lane, grid, SCALES_OF_MATRIX_ROW(o), blockColumns));
        }
        sum = lane_sum(sum, scratch);
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

/* What TILE rows of x have in common: a unit of the matrix row is decoded once. The order of sums is that of one row. */
#ifdef ELEMENT_BYTES
#define FOR_TILE _Pragma("unroll") for (int t = 0; t < TILE; t++)
#define TILE_DOTS(row, rowScales) \
    for (int u = lane; u < columns / 16; u += LANES) { \
        f32x16 w = SCALE16(plain16(row, 16 * u), 16 * u, 16, columns); \
        FOR_TILE acc[t] = fma16(w, load_f32x16(x + at[t] + 16 * u), acc[t]); \
    } \
    if (columns % 16 && columns / 16 % LANES == lane) { \
        int done = columns / 16 * 16, rest = columns % 16; \
        f32x16 w = SCALE16(plain_part(row, done, rest), done, rest, columns); \
        FOR_TILE acc[t] = fma16(w, load_part_f32x16(x + at[t] + done, rest), acc[t]); \
    }
#else
#define FOR_TILE _Pragma("unroll") for (int t = 0; t < TILE; t++)
#define TILE_DOTS(row, rowScales) \
    for (int u = lane; u < columns / 32; u += LANES) { \
        f32x16 lo, hi; \
        weight32(row, u, columns, grid, rowScales, blockColumns, &lo, &hi); \
        FOR_TILE { \
            acc[t] = fma16(lo, load_f32x16(x + at[t] + 32 * u), acc[t]); \
            acc[t] = fma16(hi, load_f32x16(x + at[t] + 32 * u + 16), acc[t]); \
        } \
    }
#endif

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
    long at[TILE];
    /* rows behind the last are computed as copies of it and not stored */
    FOR_TILE at[t] = (long)min_int(GROUP_Y * TILE + t, count - 1) * columns;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES) {
        int o = base + ITEM / LANES;
        f32x16 acc[TILE];
        FOR_TILE acc[t] = splat16(0.0f);
        if (o < last) {
            GLOBAL const float *rowScales = SCALES_OF_MATRIX_ROW(o);
            TILE_DOTS(weight + o * rowBytes, rowScales)
        }
        FOR_TILE {
            float sum = lane_sum(sum16(acc[t]), scratch);
            long r = (long)GROUP_Y * TILE + t;
            if (o < last && lane == 0 && r < count) {
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
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES) {
        int o = base + ITEM / LANES;
        float g = 0.0f, u = 0.0f;
        if (o < last) {
            GLOBAL const uchar *row = weight + o * rowBytes;
            g = sum16(weight_dot(row, x + r * columns, columns, lane, grid, SCALES_OF((long)o, columns), blockColumns));
            row += inner * rowBytes;
            u = sum16(weight_dot(row, x + r * columns, columns, lane, grid, SCALES_OF_UP(o), blockColumns));
        }
        g = lane_sum(g, scratch);
        u = lane_sum(u, scratch);
        if (o < last && lane == 0) {
            y[r * inner + o] = silu(g) * u;
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
    long at[TILE];
    FOR_TILE at[t] = (long)min_int(GROUP_Y * TILE + t, count - 1) * columns;
    for (int base = GROUP_X * run; base < last; base += GROUP / LANES) {
        int o = base + ITEM / LANES;
        float gate[TILE];
        f32x16 acc[TILE];
        FOR_TILE acc[t] = splat16(0.0f);
        if (o < last) {
            GLOBAL const float *rowScales = SCALES_OF((long)o, columns);
            TILE_DOTS(weight + o * rowBytes, rowScales)
        }
        FOR_TILE {
            gate[t] = lane_sum(sum16(acc[t]), scratch);
            acc[t] = splat16(0.0f);
        }
        if (o < last) {
            GLOBAL const float *rowScales = SCALES_OF_UP(o);
            TILE_DOTS(weight + (o + inner) * rowBytes, rowScales)
        }
        FOR_TILE {
            float up = lane_sum(sum16(acc[t]), scratch);
            long r = (long)GROUP_Y * TILE + t;
            if (o < last && lane == 0 && r < count) {
                y[r * inner + o] = silu(gate[t]) * up;
            }
        }
    }
}
