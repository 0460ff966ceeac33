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

/* Returns 0 where panels serve better. */
static int gemv(const struct sluice_matmul_args *a, int32_t kind) {
    if (kind == SLUICE_KIND_INT8_32) {
        return gemv_32(a);
    }
    return a->type == SLUICE_IQ2_XXS ? gemv_iq2_xxs(a) : gemv_256(a);
}
#else
static int gemv(const struct sluice_matmul_args *a, int32_t kind) {
    (void)a;
    (void)kind;
    return 0;
}
#endif

#endif
