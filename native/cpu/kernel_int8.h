/*
 * Products of int8 panels with prepared rows, register-blocked over TILE_ROWS rows and TILE_PANELS panels. Sums within a scale's
 * reach are exact integers; float32 additions go by ascending column, one per scale: this order is the definition that single-row
 * kernels follow too.
 */
#ifndef SLUICE_KERNEL_INT8_H
#define SLUICE_KERNEL_INT8_H

#include "panel_int8.h"

#if VL == 16
#define TILE_PANELS 2
#define TILE_ROWS 6
#else
#define TILE_PANELS 1
#define TILE_ROWS 2
#endif

/* Vectors of a panel at four bytes a lane. */
#define PANEL_VECTOR(base, v) ((const uint8_t *)(base) + ((v) % LANES16) * VL * 4)

/* Adds columns [32 * group, 32 * (group + groups)) of R rows to acc[row][lane]. */
INLINE void kernel32(
        const int R, const int P, const int sub, const int minima, const struct panel32 *const *panels, const uint8_t *x,
        int64_t x_bytes, const struct sluice_int8_row *l, int64_t group, int groups, float *acc, int64_t acc_stride) {
    enum { MAX = TILE_PANELS * LANES16 };
    const int V = P * LANES16;
    vf sum[TILE_ROWS][MAX];
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) { sum[r][v] = vf_load(acc + r * acc_stride + v * VL); }
    }
    for (int b = 0; b < groups; b++) {
        const uint8_t *xg = x + 32 * (group + b);
        UNROLL for (int h = 0; h < 32 / sub; h++) {
            vi dot[TILE_ROWS][MAX];
            UNROLL for (int r = 0; r < R; r++) {
                const uint8_t *n = x + r * x_bytes + (sub == 32 ? l->n32 + 4 * (group + b) : l->n16 + 4 * (2 * (group + b) + h));
                vi start = vi_set1(CODE_START((int32_t)load_u32(n)));
                UNROLL for (int v = 0; v < V; v++) { dot[r][v] = start; }
            }
            UNROLL for (int g = 0; g < sub / 4; g++) {
                vi w[MAX];
                UNROLL for (int v = 0; v < V; v++) {
                    w[v] = vi_load(PANEL_VECTOR(panels[v / LANES16]->code[8 * b + h * (sub / 4) + g], v));
                }
                UNROLL for (int r = 0; r < R; r++) {
                    vi xv = vi_set1((int32_t)load_u32(xg + r * x_bytes + h * sub + 4 * g));
                    UNROLL for (int v = 0; v < V; v++) { dot[r][v] = vi_dot4(dot[r][v], w[v], xv); }
                }
            }
            UNROLL for (int v = 0; v < V; v++) {
                vf d = vf_load(PANEL_VECTOR(panels[v / LANES16]->d[b * (32 / sub) + h], v));
                UNROLL for (int r = 0; r < R; r++) {
                    vf dx = vf_set1(load_f32(x + r * x_bytes + l->d + 4 * (group + b)));
                    sum[r][v] = vf_fma(vf_of_vi(dot[r][v]), vf_mul(d, dx), sum[r][v]);
                }
            }
        }
        if (minima) {
            UNROLL for (int v = 0; v < V; v++) {
                vf m = vf_load(PANEL_VECTOR(panels[v / LANES16]->m[b], v));
                UNROLL for (int r = 0; r < R; r++) {
                    sum[r][v] = vf_fma(m, vf_set1(load_f32(x + r * x_bytes + l->sums + 4 * (group + b))), sum[r][v]);
                }
            }
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) { vf_store(acc + r * acc_stride + v * VL, sum[r][v]); }
    }
}

/* Adds columns [256 * block, 256 * block + 256) of R rows to acc[row][lane]. */
INLINE void kernel256(
        const int R, const int P, const int sub, const int minima, const struct panel256 *const *panels, const uint8_t *x,
        int64_t x_bytes, const struct sluice_int8_row *l, int64_t block, float *acc, int64_t acc_stride) {
    enum { MAX = TILE_PANELS * LANES16 };
    const int V = P * LANES16;
    const uint8_t *xg = x + 256 * block;
    const uint8_t *n = x + (sub == 32 ? l->n32 + 32 * block : l->n16 + 64 * block);
    vi total[TILE_ROWS][MAX];
    UNROLL for (int r = 0; r < R; r++) {
        UNROLL for (int v = 0; v < V; v++) { total[r][v] = vi_zero(); }
    }
    for (int s = 0; s < 256 / sub; s++) {
        vi dot[TILE_ROWS][MAX];
        UNROLL for (int r = 0; r < R; r++) {
            vi start = vi_set1(CODE_START((int32_t)load_u32(n + r * x_bytes + 4 * s)));
            UNROLL for (int v = 0; v < V; v++) { dot[r][v] = start; }
        }
        UNROLL for (int g = 0; g < sub / 4; g++) {
            vi w[MAX];
            UNROLL for (int v = 0; v < V; v++) {
                w[v] = vi_load(PANEL_VECTOR(panels[v / LANES16]->code[s * (sub / 4) + g], v));
            }
            UNROLL for (int r = 0; r < R; r++) {
                vi xv = vi_set1((int32_t)load_u32(xg + r * x_bytes + s * sub + 4 * g));
                UNROLL for (int v = 0; v < V; v++) { dot[r][v] = vi_dot4(dot[r][v], w[v], xv); }
            }
        }
        UNROLL for (int v = 0; v < V; v++) {
            vi scale = vi_load(PANEL_VECTOR(panels[v / LANES16]->scale[s], v));
            UNROLL for (int r = 0; r < R; r++) { total[r][v] = vi_add(total[r][v], vi_mul(dot[r][v], scale)); }
        }
    }
    const uint8_t *sums = x + (sub == 32 ? l->sums + 16 * block : l->sums16 + 32 * block);
    UNROLL for (int v = 0; v < V; v++) {
        vf d = vf_load(PANEL_VECTOR(panels[v / LANES16]->d, v));
        UNROLL for (int r = 0; r < R; r++) {
            vf dx = vf_set1(load_f32(x + r * x_bytes + l->d + 4 * block));
            float *a = acc + r * acc_stride + v * VL;
            vf sum = vf_fma(vf_of_vi(total[r][v]), vf_mul(d, dx), vf_load(a));
            if (minima) {
                vi low = vi_zero();
                UNROLL for (int j = 0; j < 128 / sub; j++) {
                    low = vi_dot2(
                            low, vi_load(PANEL_VECTOR(panels[v / LANES16]->minimum[j], v)),
                            vi_set1((int32_t)load_u32(sums + r * x_bytes + 4 * j)));
                }
                vf dmin = vf_load(PANEL_VECTOR(panels[v / LANES16]->minus_dmin, v));
                sum = vf_fma(vf_of_vi(low), vf_mul(dmin, dx), sum);
            }
            vf_store(a, sum);
        }
    }
}

#endif
