/* Products of float32 panels, in which 16 rows are lanes, with rows: every sum goes by ascending column. */
#ifndef SLUICE_KERNEL_FLOAT_H
#define SLUICE_KERNEL_FLOAT_H

#include "kernel_int8.h"

/* 16 weight rows, column by column, at most FLOAT_CHUNK of them. */
#define FLOAT_CHUNK 256
struct panel_float {
    float w[FLOAT_CHUNK][16];
};

/* acc[row][lane] += sum of x[row][k] * w[k][lane], k in [0, count). */
INLINE void kernel_float(
        const int R, const int P, const struct panel_float *const *panels, const float *x, int64_t x_stride, int count,
        float *acc, int64_t acc_stride) {
    enum { MAX = TILE_PANELS * LANES16 };
    const int V = P * LANES16;
    vf sum[TILE_ROWS][MAX];
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) { sum[r][v] = vf_zero(); }
    }
    _Pragma("GCC unroll 4") for (int k = 0; k < count; k++) {
        vf w[MAX];
        UNROLL for (int v = 0; v < V; v++) { w[v] = vf_load(PANEL_VECTOR(panels[v / LANES16]->w[k], v)); }
        UNROLL for (int r = 0; r < R; r++) {
            vf xv = vf_set1(x[r * x_stride + k]);
            UNROLL for (int v = 0; v < V; v++) { sum[r][v] = vf_fma(w[v], xv, sum[r][v]); }
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) {
            float *a = acc + r * acc_stride + v * VL;
            vf old = vf_load(a);
            vf_store(a, vf_add(sum[r][v], old));
        }
    }
}

#endif
