/*
 * Products of one or a few rows that skip panels: weights are multiplied where they lie, 16 weight rows abreast. Integer sums are exact
 * in any order and float32 additions follow kernel32 and kernel256, so results equal theirs bit for bit.
 */
#ifndef SLUICE_GEMV_H
#define SLUICE_GEMV_H

#include "kernel_int8.h"
#include "sums.h"

#if VL == 16
#include "gemv_32.h"
#include "gemv_256.h"
#include "gemv_iq2_xxs.h"

/* Outputs a call takes. */
INLINE int64_t gemv_outs(int32_t type) {
    return sluice_format_of(type).family == FAMILY_32 ? 8 : 16;
}

/* Outputs from `out` on of R rows. */
INLINE void gemv_block(int32_t type, const int R, const struct sluice_matmul_args *a, int64_t row, int64_t out) {
    if (sluice_format_of(type).family == FAMILY_32) {
        gemv_32_block(type, R, a, row, out);
    } else if (type == SLUICE_IQ2_XXS) {
        gemv_iq2_xxs_block(R, a, row, out);
    } else {
        gemv_256_block(type, R, a, row, out);
    }
}

/* A block of weights meets all rows while it is cached. */
INLINE int gemv_type(int32_t type, const struct sluice_matmul_args *a) {
    for (int64_t out = a->out_begin; out < a->out_end; out += gemv_outs(type)) {
        int64_t row = 0;
        for (; row + 4 <= a->rows; row += 4) {
            gemv_block(type, 4, a, row, out);
        }
        if (row + 2 <= a->rows) {
            gemv_block(type, 2, a, row, out);
            row += 2;
        }
        if (row < a->rows) {
            gemv_block(type, 1, a, row, out);
        }
    }
    return 1;
}

/* Rows from which unpacking weights once for all of them pays. */
#define GEMV_ROWS_END 9

/* Returns 0 where panels serve better. */
static int gemv(const struct sluice_matmul_args *a, int32_t kind) {
    (void)kind;
    if (a->rows >= GEMV_ROWS_END) {
        return 0;
    }
    switch (a->type) {
        case SLUICE_Q4_0: return gemv_type(SLUICE_Q4_0, a);
        case SLUICE_Q4_1: return gemv_type(SLUICE_Q4_1, a);
        case SLUICE_Q5_0: return gemv_type(SLUICE_Q5_0, a);
        case SLUICE_Q5_1: return gemv_type(SLUICE_Q5_1, a);
        case SLUICE_Q8_0: return gemv_type(SLUICE_Q8_0, a);
        case SLUICE_IQ4_NL: return gemv_type(SLUICE_IQ4_NL, a);
        case SLUICE_MXFP4: return gemv_type(SLUICE_MXFP4, a);
        case SLUICE_NVFP4: return gemv_type(SLUICE_NVFP4, a);
        case SLUICE_Q2_K: return gemv_type(SLUICE_Q2_K, a);
        case SLUICE_Q3_K: return gemv_type(SLUICE_Q3_K, a);
        case SLUICE_Q4_K: return gemv_type(SLUICE_Q4_K, a);
        case SLUICE_Q5_K: return gemv_type(SLUICE_Q5_K, a);
        case SLUICE_Q6_K: return gemv_type(SLUICE_Q6_K, a);
        case SLUICE_IQ1_S: return gemv_type(SLUICE_IQ1_S, a);
        case SLUICE_IQ1_M: return gemv_type(SLUICE_IQ1_M, a);
        case SLUICE_IQ2_XXS: return gemv_type(SLUICE_IQ2_XXS, a);
        case SLUICE_IQ2_XS: return gemv_type(SLUICE_IQ2_XS, a);
        case SLUICE_IQ2_S: return gemv_type(SLUICE_IQ2_S, a);
        case SLUICE_IQ3_XXS: return gemv_type(SLUICE_IQ3_XXS, a);
        case SLUICE_IQ3_S: return gemv_type(SLUICE_IQ3_S, a);
        case SLUICE_IQ4_XS: return gemv_type(SLUICE_IQ4_XS, a);
        case SLUICE_TQ2_0: return gemv_type(SLUICE_TQ2_0, a);
        default: return 0;
    }
}
#elif VL == 8
#include "gemv_avx2.h"
#else
static int gemv(const struct sluice_matmul_args *a, int32_t kind) {
    (void)a;
    (void)kind;
    return 0;
}
#endif

#endif
