/*
 * A row of a weight, 32 elements at a time, whatever its type. A build defines WEIGHT_x for the type and SCALED where scales
 * stand beside the matrix.
 */
#ifndef SLUICE_WEIGHT_H
#define SLUICE_WEIGHT_H

#if defined(WEIGHT_F32) || defined(WEIGHT_F16) || defined(WEIGHT_BF16) || defined(WEIGHT_F8_E4M3)
#include "formats/plain.h"
#elif defined(WEIGHT_Q4_0) || defined(WEIGHT_Q4_1) || defined(WEIGHT_Q5_0) || defined(WEIGHT_Q5_1) || defined(WEIGHT_Q8_0)
#include "formats/legacy.h"
#elif defined(WEIGHT_IQ4_NL) || defined(WEIGHT_IQ4_XS) || defined(WEIGHT_MXFP4) || defined(WEIGHT_NVFP4)
#include "formats/four_bit.h"
#elif defined(WEIGHT_IQ2_XXS) || defined(WEIGHT_IQ2_XS) || defined(WEIGHT_IQ2_S) || defined(WEIGHT_IQ3_XXS) \
        || defined(WEIGHT_IQ3_S) || defined(WEIGHT_IQ1_S) || defined(WEIGHT_IQ1_M)
#include "formats/iq.h"
#define ON_GRID
#else
#include "formats/k.h"
#endif

/* What reads a weight: where it lies, its grid if it has one, and the scales beside it with the extents of their blocks. */
#define WEIGHT_ARGUMENTS \
    GLOBAL const uchar *RESTRICT weight, GLOBAL const ushort *RESTRICT grid, GLOBAL const float *RESTRICT scales, \
            int blockRows, int blockColumns
#define WEIGHT_PASSED weight, grid, scales, blockRows, blockColumns

#ifdef SCALED
/* the factor of element k, and of 16 elements from k on */
FN float scale_at(GLOBAL const float *rowScales, int k, int blockColumns) {
    return rowScales[k / blockColumns];
}
FN f32x16 scale16(f32x16 w, GLOBAL const float *rowScales, int k, int n, int columns, int blockColumns) {
    if (k / blockColumns == (k + n - 1) / blockColumns) {
        return w * scale_at(rowScales, k, blockColumns);
    }
    f32x16 factors = splat16(0.0f);
    for (int i = 0; i < n; i++) {
        factors = select16(equals16(iota16(), i), splat16(scale_at(rowScales, k + i, blockColumns)), factors);
    }
    return w * factors;
}
#define SCALES_OF(row, columns) (scales + (row) / blockRows * (long)(((columns) + blockColumns - 1) / blockColumns))
#define SCALE16(w, k, n, columns) scale16(w, rowScales, k, n, columns, blockColumns)
#else
#define SCALES_OF(row, columns) scales
#define SCALE16(w, k, n, columns) (w)
#endif

#ifdef ELEMENT_BYTES
#define ROW_BYTES(columns) ((long)(columns) * ELEMENT_BYTES)
#define UNIT 16
#else
#define UNIT 32
#endif

/* Elements 16 p .. of a row, zeros behind its end. */
FN f32x16 weight16(
        BYTES row, int p, int columns, GLOBAL const ushort *grid, GLOBAL const float *rowScales, int blockColumns) {
#ifdef ELEMENT_BYTES
    int n = min_int(16, columns - 16 * p);
    f32x16 w = n == 16 ? plain16(row, 16 * p) : plain_part(row, 16 * p, n);
    return SCALE16(w, 16 * p, n, columns);
#else
    f32x16 lo, hi;
#ifdef ON_GRID
    decode_grid(row, p >> 1, grid, &lo, &hi);
#else
    decode(row, p >> 1, &lo, &hi);
#endif
    f32x16 w = p & 1 ? hi : lo;
    return SCALE16(w, 16 * p, 16, columns);
#endif
}

#ifndef ELEMENT_BYTES
/* Elements 32 u .. of a row. */
FN void weight32(
        BYTES row, int u, int columns, GLOBAL const ushort *grid, GLOBAL const float *rowScales, int blockColumns,
        f32x16 *lo, f32x16 *hi) {
#ifdef ON_GRID
    decode_grid(row, u, grid, lo, hi);
#else
    decode(row, u, lo, hi);
#endif
    *lo = SCALE16(*lo, 32 * u, 16, columns);
    *hi = SCALE16(*hi, 32 * u + 16, 16, columns);
}
#endif

/*
 * What TEAM_ROWS rows contribute to dot products with x, for the units lane, lane + LANES, ... of the rows; each sum has the order
 * it would have alone. rowAt: bytes before the rows; rowScales: their scales.
 */
FN void weight_dots(
        BYTES weight, const long *rowAt, GLOBAL const float *const *rowScalesOf, GLOBAL const float *x, int columns, int lane,
        GLOBAL const ushort *grid, int blockColumns, f32x16 *sum) {
    EACH_TEAM_ROW sum[j] = splat16(0.0f);
    int full = columns / UNIT;
    for (int u = lane; u < full; u += LANES) {
#ifdef ELEMENT_BYTES
        f32x16 in = load_f32x16(x + 16 * u);
        EACH_TEAM_ROW {
            GLOBAL const float *rowScales = rowScalesOf[j];
            sum[j] = fma16(SCALE16(plain16(weight + rowAt[j], 16 * u), 16 * u, 16, columns), in, sum[j]);
        }
#else
        f32x16 first = load_f32x16(x + 32 * u), second = load_f32x16(x + 32 * u + 16);
        EACH_TEAM_ROW {
            f32x16 lo, hi;
            weight32(weight + rowAt[j], u, columns, grid, rowScalesOf[j], blockColumns, &lo, &hi);
            sum[j] = fma16(lo, first, sum[j]);
            sum[j] = fma16(hi, second, sum[j]);
        }
#endif
    }
#ifdef ELEMENT_BYTES
    int rest = columns % 16;
    if (rest && full % LANES == lane) {
        f32x16 in = load_part_f32x16(x + 16 * full, rest);
        EACH_TEAM_ROW {
            GLOBAL const float *rowScales = rowScalesOf[j];
            sum[j] = fma16(SCALE16(plain_part(weight + rowAt[j], 16 * full, rest), 16 * full, rest, columns), in, sum[j]);
        }
    }
#endif
}

#endif
