/* Products with few rows, for the type of weights of this build. */
#ifndef SLUICE_GEMV_H
#define SLUICE_GEMV_H

#if defined(WEIGHT_F32) || defined(WEIGHT_F16) || defined(WEIGHT_BF16) || defined(WEIGHT_F8_E4M3)
#include "gemv_plain.h"
#else
#include "gemv_int8.h"
#endif

#define MATRIX_ARGUMENTS \
    const uchar *__restrict__ weight, const ushort *__restrict__ grid, const float *__restrict__ scales, int blockRows, \
            int blockColumns

#ifdef SCALED
#define SCALE_BLOCKS(n) (((n) + blockRows - 1) / blockRows)
#define SCALES_OF_BLOCK_ROW(b) (scales + (long)(b) * ((columns + blockColumns - 1) / blockColumns))
#else
#define SCALE_BLOCKS(n) 0
#define SCALES_OF_BLOCK_ROW(b) scales
#endif
#ifdef SCALED
#define SCALE_BLOCK(o) ((o) / blockRows)
#else
#define SCALE_BLOCK(o) 0
#endif

#endif
