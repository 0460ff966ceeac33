/*
 * Dot products of TEAM_ROWS rows of a matrix with TILE token rows, which share what is read of the matrix. A GPU keeps all sums in
 * registers. A processor decodes a panel of its matrix rows into its nearest cache and goes through it once for every TILE_STEP
 * tokens. The order of a sum is that of weight_dots in either case.
 */
#ifndef SLUICE_TILE_H
#define SLUICE_TILE_H

#include "sums.h"
#include "weight.h"

#if LANES == 1
#define TILE 32
#define TILE_STEP 4
#define PANEL 512
#define FOR_TILE for (int t = 0; t < TILE; t++)
#define FOR_STEP _Pragma("unroll") for (int t = 0; t < TILE_STEP; t++)
#else
#define TILE 4
#define FOR_TILE _Pragma("unroll") for (int t = 0; t < TILE; t++)
#endif

/* Rows o .. o + TEAM_ROWS of those before last; rows behind it are copies of it, not to be stored. */
#define TEAM_ROWS_FROM(o, last, rowsBefore, scalesOf) \
    long rowAt[TEAM_ROWS]; \
    GLOBAL const float *rowScales[TEAM_ROWS]; \
    EACH_TEAM_ROW { \
        int row = min_int((o) + j, (last)-1); \
        rowAt[j] = ((long)(rowsBefore) + row) * rowBytes; \
        rowScales[j] = scalesOf(row); \
    }

#if LANES == 1

/* Elements from .. from + n of TEAM_ROWS rows, widened; zeros up to the next multiple of 16. */
FN void decode_panel(
        BYTES weight, const long *rowAt, GLOBAL const float *const *rowScales, int from, int n, int columns,
        GLOBAL const ushort *grid, int blockColumns, float *panel) {
    for (int j = 0; j < TEAM_ROWS; j++) {
        float *out = panel + j * PANEL;
#ifdef ELEMENT_BYTES
        for (int i = 0; i < n; i += 16) {
            store_private16(out + i, weight16(weight + rowAt[j], (from + i) / 16, columns, grid, rowScales[j], blockColumns));
        }
#else
        for (int i = 0; i < n; i += 32) {
            f32x16 lo, hi;
            weight32(weight + rowAt[j], (from + i) / 32, columns, grid, rowScales[j], blockColumns, &lo, &hi);
            store_private16(out + i, lo);
            store_private16(out + i + 16, hi);
        }
#endif
    }
}

/* sums[t * TEAM_ROWS + j] = row j . x[first + t]; token rows behind count are left out */
FN void tile_dots(
        int active, BYTES weight, const long *rowAt, GLOBAL const float *const *rowScales, GLOBAL const float *x, int first,
        int count, int columns, int lane, GLOBAL const ushort *grid, int blockColumns, LOCAL float *scratch, float *sums) {
    float panel[TEAM_ROWS * PANEL];
    f32x16 kept[TILE * TEAM_ROWS];
    int tokens = min_int(TILE, count - first);
    for (int from = 0; from < columns; from += PANEL) {
        int n = min_int(PANEL, columns - from);
        decode_panel(weight, rowAt, rowScales, from, n, columns, grid, blockColumns, panel);
        for (int step = 0; step < tokens; step += TILE_STEP) {
            GLOBAL const float *in[TILE_STEP];
            f32x16 acc[TILE_STEP * TEAM_ROWS];
            FOR_STEP {
                /* tokens behind the last are computed as copies of it */
                in[t] = x + (long)(first + min_int(step + t, tokens - 1)) * columns + from;
                EACH_TEAM_ROW acc[t * TEAM_ROWS + j] = from == 0 ? splat16(0.0f) : kept[(step + t) * TEAM_ROWS + j];
            }
            int i = 0;
            for (; i + 16 <= n; i += 16) {
                f32x16 v[TILE_STEP];
                FOR_STEP v[t] = load_f32x16(in[t] + i);
                EACH_TEAM_ROW {
                    f32x16 w = load_private16(panel + j * PANEL + i);
                    FOR_STEP acc[t * TEAM_ROWS + j] = fma16(w, v[t], acc[t * TEAM_ROWS + j]);
                }
            }
            if (i < n) {
                f32x16 v[TILE_STEP];
                FOR_STEP v[t] = load_part_f32x16(in[t] + i, n - i);
                EACH_TEAM_ROW {
                    f32x16 w = load_private16(panel + j * PANEL + i);
                    FOR_STEP acc[t * TEAM_ROWS + j] = fma16(w, v[t], acc[t * TEAM_ROWS + j]);
                }
            }
            FOR_STEP EACH_TEAM_ROW kept[(step + t) * TEAM_ROWS + j] = acc[t * TEAM_ROWS + j];
        }
    }
    for (int i = 0; i < tokens * TEAM_ROWS; i++) {
        sums[i] = sum16(kept[i]);
    }
}

#else

/* sums[t * TEAM_ROWS + j] = row j . x[first + t], valid in lane 0; teams that are not active only take part in the sums of others */
FN void tile_dots(
        int active, BYTES weight, const long *rowAt, GLOBAL const float *const *rowScalesOf, GLOBAL const float *x, int first,
        int count, int columns, int lane, GLOBAL const ushort *grid, int blockColumns, LOCAL float *scratch, float *sums) {
    long at[TILE];
    f32x16 acc[TILE * TEAM_ROWS];
    /* token rows behind the last are computed as copies of it */
    FOR_TILE at[t] = (long)min_int(first + t, count - 1) * columns;
    FOR_TILE EACH_TEAM_ROW acc[t * TEAM_ROWS + j] = splat16(0.0f);
    if (active) {
#ifdef ELEMENT_BYTES
        for (int u = lane; u < columns / 16; u += LANES) {
            EACH_TEAM_ROW {
                GLOBAL const float *rowScales = rowScalesOf[j];
                f32x16 w = SCALE16(plain16(weight + rowAt[j], 16 * u), 16 * u, 16, columns);
                FOR_TILE acc[t * TEAM_ROWS + j] = fma16(w, load_f32x16(x + at[t] + 16 * u), acc[t * TEAM_ROWS + j]);
            }
        }
        int done = columns / 16 * 16, rest = columns % 16;
        if (rest && columns / 16 % LANES == lane) {
            EACH_TEAM_ROW {
                GLOBAL const float *rowScales = rowScalesOf[j];
                f32x16 w = SCALE16(plain_part(weight + rowAt[j], done, rest), done, rest, columns);
                FOR_TILE acc[t * TEAM_ROWS + j] = fma16(w, load_part_f32x16(x + at[t] + done, rest), acc[t * TEAM_ROWS + j]);
            }
        }
#else
        for (int u = lane; u < columns / 32; u += LANES) {
            EACH_TEAM_ROW {
                f32x16 lo, hi;
                weight32(weight + rowAt[j], u, columns, grid, rowScalesOf[j], blockColumns, &lo, &hi);
                FOR_TILE {
                    acc[t * TEAM_ROWS + j] = fma16(lo, load_f32x16(x + at[t] + 32 * u), acc[t * TEAM_ROWS + j]);
                    acc[t * TEAM_ROWS + j] = fma16(hi, load_f32x16(x + at[t] + 32 * u + 16), acc[t * TEAM_ROWS + j]);
                }
            }
        }
#endif
    }
    FOR_TILE EACH_TEAM_ROW sums[t * TEAM_ROWS + j] = lane_sum(sum16(acc[t * TEAM_ROWS + j]), scratch);
}

#endif

#endif
