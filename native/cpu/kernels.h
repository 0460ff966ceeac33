/* The table of kernels that each instruction-set variant fills in, and what the kernels share. */
#ifndef SLUICE_KERNELS_H
#define SLUICE_KERNELS_H

#include "sluice_cpu.h"
#include <stddef.h>

struct sluice_matmul_args {
    int32_t type, mode;
    const uint8_t *w;
    int64_t w_row_bytes;
    const struct sluice_scales *scales;
    const uint8_t *x;
    int64_t x_row_bytes, rows, columns;
    float *y;
    int64_t y_stride, out_begin, out_end;
    uint8_t *scratch;
};

struct sluice_kernels {
    const char *name;
    int (*supported)(void);
    int32_t (*kind)(int32_t type, int32_t mode);
    void (*prepare)(int32_t kind, const float *x, int64_t x_stride, int64_t rows, int64_t columns, uint8_t *dst);
    void (*matmul)(const struct sluice_matmul_args *a);
    void (*matmul_transposed)(
            int32_t, const uint8_t *, int64_t, const struct sluice_scales *, const float *, int64_t, int64_t, int64_t, int64_t, int64_t, float *,
            int64_t, uint8_t *);
    void (*dequantise)(int32_t type, const uint8_t *blocks, int64_t count, float *dst);
    void (*rms_norm)(const float *, int64_t, const float *, float, int64_t, int64_t, float *, int64_t);
    void (*layer_norm)(const float *, int64_t, const float *, const float *, float, int64_t, int64_t, float *, int64_t);
    void (*swiglu)(const float *, const float *, int64_t, float *);
    void (*add)(const float *, const float *, int64_t, float *);
    void (*add_scaled)(float *, const float *, float, int64_t);
    void (*rope)(float *, int64_t, int64_t, int64_t, const float *, const float *, int32_t);
    void (*attention)(
            int32_t, const float *, int64_t, const struct sluice_pages *, const int32_t *, int64_t, int64_t, int64_t, float, int64_t,
            int64_t, float *, int64_t, uint8_t *);
    void (*index_scores)(
            const float *, const float *, int64_t, int64_t, float, const struct sluice_pages *, int64_t, int64_t, float *, uint8_t *);
    int64_t (*top_k)(const float *, int64_t, int64_t, int32_t *, uint8_t *);
    int64_t (*arg_max)(const float *, int64_t);
};

/* Weight row of an output; beyond the end the last row stands in, and its results are dropped. */
static inline const uint8_t *sluice_weight_row(const struct sluice_matmul_args *a, int64_t out) {
    return a->w + (out < a->out_end ? out : a->out_end - 1) * a->w_row_bytes;
}

/* A symbol of this variant: NAME(matmul) is matmul_avx2 in the AVX2 objects. */
#define SLUICE_JOIN2(a, b) sluice_##a##_##b
#define SLUICE_JOIN(a, b) SLUICE_JOIN2(a, b)
#define NAME(a) SLUICE_JOIN(a, SLUICE_VARIANT)

#define SLUICE_SCRATCH_BYTES (512 * 1024)

static inline int64_t sluice_round_up(int64_t n, int64_t unit) {
    return (n + unit - 1) / unit * unit;
}

#endif
