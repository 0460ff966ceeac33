/*
 * Products of one or a few rows with AVX2: codes are multiplied where decoding has left them, eight weight rows abreast. Integer sums are
 * exact in any order and float32 additions follow kernel32 and kernel256, so results equal theirs bit for bit.
 */
#ifndef SLUICE_GEMV_AVX2_H
#define SLUICE_GEMV_AVX2_H

#include "kernel_int8.h"

struct few_rows {
    union {
        struct panel32 p32;
        struct panel256 p256;
    };
    struct staging codes;
};
_Static_assert(sizeof(struct few_rows) <= SLUICE_SCRATCH_BYTES, "scratch is too small");

/* Of eight vectors of sums: half h of rows 0 to 3 in half h of b[0], of rows 4 to 7 in b[1]. */
INLINE void half_sums_of_eight(const vi *v, vi *b) {
    UNROLL for (int i = 0; i < 2; i++) {
        b[i] = _mm256_hadd_epi32(_mm256_hadd_epi32(v[4 * i], v[4 * i + 1]), _mm256_hadd_epi32(v[4 * i + 2], v[4 * i + 3]));
    }
}

/* Lane r = the sum of 32 (or of half h of 32) products of row r. */
INLINE vi sums_of_rows(const vi *b, const int sub, const int h) {
    const vi first = _mm256_permute2x128_si256(b[0], b[1], 0x20), second = _mm256_permute2x128_si256(b[0], b[1], 0x31);
    return sub == 32 ? vi_add(first, second) : h ? second : first;
}

/* b of each of R rows: 32 products of eight weight rows. */
INLINE void products_of_eight(const int R, const int8_t (*code)[256], int column, const uint8_t *x, int64_t x_bytes, vi (*b)[2]) {
    vi w[8];
    UNROLL for (int i = 0; i < 8; i++) { w[i] = vi_load(code[i] + column); }
    UNROLL for (int r = 0; r < R; r++) {
        vi dot[8];
        const vi xv = vi_load(x + r * x_bytes);
        UNROLL for (int i = 0; i < 8; i++) { dot[i] = vi_dot4(vi_zero(), w[i], xv); }
        half_sums_of_eight(dot, b[r]);
    }
}

/* Adds the columns of a chunk to sum[r][v]. */
INLINE void few_32(
        const int R, const int sub, const int minima, const struct few_rows *f, const uint8_t *x, int64_t x_bytes,
        const struct sluice_int8_row *l, int64_t group, int groups, vf (*sum)[2]) {
    for (int g = 0; g < groups; g++) {
        const uint8_t *scales = x + 4 * (group + g);
        UNROLL for (int v = 0; v < 2; v++) {
            vi b[4][2];
            products_of_eight(R, f->codes.code + 8 * v, 32 * g, x + 32 * (group + g), x_bytes, b);
            UNROLL for (int r = 0; r < R; r++) {
                const vf dx = vf_set1(load_f32(scales + r * x_bytes + l->d));
                UNROLL for (int h = 0; h < 32 / sub; h++) {
                    const vf d = vf_load(f->p32.d[g * (32 / sub) + h] + 8 * v);
                    sum[r][v] = vf_fma(vf_of_vi(sums_of_rows(b[r], sub, h)), vf_mul(d, dx), sum[r][v]);
                }
                if (minima) {
                    sum[r][v] = vf_fma(vf_load(f->p32.m[g] + 8 * v), vf_set1(load_f32(scales + r * x_bytes + l->sums)), sum[r][v]);
                }
            }
        }
    }
}

INLINE void few_256(
        const int R, const int sub, const int minima, const struct few_rows *f, const uint8_t *x, int64_t x_bytes,
        const struct sluice_int8_row *l, int64_t block, vf (*sum)[2]) {
    UNROLL for (int v = 0; v < 2; v++) {
        vi total[4];
        UNROLL for (int r = 0; r < R; r++) { total[r] = vi_zero(); }
        for (int g = 0; g < 8; g++) {
            vi b[4][2];
            products_of_eight(R, f->codes.code + 8 * v, 32 * g, x + 256 * block + 32 * g, x_bytes, b);
            UNROLL for (int h = 0; h < 32 / sub; h++) {
                const vi scale = vi_load(f->p256.scale[g * (32 / sub) + h] + 8 * v);
                UNROLL for (int r = 0; r < R; r++) { total[r] = vi_add(total[r], vi_mul(sums_of_rows(b[r], sub, h), scale)); }
            }
        }
        const vf d = vf_load(f->p256.d + 8 * v);
        UNROLL for (int r = 0; r < R; r++) {
            const uint8_t *xr = x + r * x_bytes, *sums = xr + (sub == 32 ? l->sums + 16 * block : l->sums16 + 32 * block);
            const vf dx = vf_set1(load_f32(xr + l->d + 4 * block));
            sum[r][v] = vf_fma(vf_of_vi(total[r]), vf_mul(d, dx), sum[r][v]);
            if (minima) {
                vi low = vi_zero();
                UNROLL for (int j = 0; j < 128 / sub; j++) {
                    low = vi_dot2(low, vi_load(f->p256.minimum[j][8 * v]), vi_set1((int32_t)load_u32(sums + 4 * j)));
                }
                sum[r][v] = vf_fma(vf_of_vi(low), vf_mul(vf_load(f->p256.minus_dmin + 8 * v), dx), sum[r][v]);
            }
        }
    }
}

/* Outputs [out, out + 16) of R rows. */
INLINE void few_block(
        const int R, const int family, const int sub, const int minima, const struct sluice_matmul_args *a, int64_t row, int64_t out) {
    struct few_rows *f = (struct few_rows *)a->scratch;
    const struct sluice_format format = sluice_format_of(a->type);
    const struct sluice_int8_row l = sluice_int8_layout(family == FAMILY_32 ? SLUICE_KIND_INT8_32 : SLUICE_KIND_INT8_256, a->columns);
    const uint8_t *x = a->x + row * a->x_row_bytes, *w[16];
    const int64_t ahead = far_ahead(a->w_row_bytes, 16), chunk_bytes = 256 / format.block * format.bytes;
    for (int i = 0; i < 16; i++) {
        w[i] = sluice_weight_row(a, out + i);
    }
    vf sum[4][2];
    UNROLL for (int r = 0; r < R; r++) { sum[r][0] = sum[r][1] = vf_zero(); }
    for (int64_t k = 0; k < a->columns; k += 256) {
        for (int i = 0; i < 16; i++) {
            const uint8_t *next = w[i] + k / format.block * format.bytes + ahead;
            for (int64_t at = 0; at < chunk_bytes; at += 64) {
                __builtin_prefetch(next + at);
            }
        }
        if (family == FAMILY_32) {
            const int groups = (int)((a->columns - k < 256 ? a->columns - k : 256) / 32);
            stage_panel32(a->type, w, k / 32, groups, &f->codes, &f->p32);
            few_32(R, sub, minima, f, x, a->x_row_bytes, &l, k / 32, groups, sum);
        } else {
            stage_panel256(a->type, w, k / 256, &f->codes, &f->p256);
            few_256(R, sub, minima, f, x, a->x_row_bytes, &l, k / 256, sum);
        }
    }
    const int64_t n = a->out_end - out;
    UNROLL for (int r = 0; r < R; r++) {
        float y[16];
        vf_store(y, sum[r][0]);
        vf_store(y + 8, sum[r][1]);
        memcpy(a->y + (row + r) * a->y_stride + out, y, (size_t)(n < 16 ? n : 16) * 4);
    }
}

INLINE void few_blocks(const int family, const int sub, const int minima, const struct sluice_matmul_args *a) {
    for (int64_t out = a->out_begin; out < a->out_end; out += 16) {
        switch (a->rows) {
            case 1: few_block(1, family, sub, minima, a, 0, out); break;
            case 2: few_block(2, family, sub, minima, a, 0, out); break;
            case 3: few_block(3, family, sub, minima, a, 0, out); break;
            default: few_block(4, family, sub, minima, a, 0, out); break;
        }
    }
}

/* Returns 0 where panels serve better. */
static int gemv(const struct sluice_matmul_args *a, int32_t kind) {
    const struct sluice_format f = sluice_format_of(a->type);
    if (a->rows > 4) {
        return 0;
    }
    if (kind == SLUICE_KIND_INT8_32) {
        if (f.sub == 16) {
            few_blocks(FAMILY_32, 16, 0, a);
        } else if (f.minima) {
            few_blocks(FAMILY_32, 32, 1, a);
        } else {
            few_blocks(FAMILY_32, 32, 0, a);
        }
    } else if (f.sub == 16) {
        if (f.minima) {
            few_blocks(FAMILY_256, 16, 1, a);
        } else {
            few_blocks(FAMILY_256, 16, 0, a);
        }
    } else if (f.minima) {
        few_blocks(FAMILY_256, 32, 1, a);
    } else {
        few_blocks(FAMILY_256, 32, 0, a);
    }
    return 1;
}

#endif
