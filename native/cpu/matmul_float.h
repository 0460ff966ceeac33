/* Matrix products by dot_tile: plain formats in both modes, and every format with float32 activations. */
#ifndef SLUICE_MATMUL_FLOAT_H
#define SLUICE_MATMUL_FLOAT_H

#include "dot_float.h"

#define FLOAT_ROWS 64     /* activation rows whose running sums wait in scratch */
#define FLOAT_COLUMNS 512 /* columns that are decoded at once */
#define FLOAT_BYTES 4096  /* of a weight row that is used where it lies, walked through at once; a block of 16 fits into the second-level cache */

struct float_workspace {
    float sums[FLOAT_ROWS][DOT_BLOCK][VL];
    float decoded[DOT_BLOCK][FLOAT_COLUMNS];
    float scale[DOT_BLOCK];
};
_Static_assert(sizeof(struct float_workspace) <= SLUICE_SCRATCH_BYTES, "scratch is too small");

static float scale_at(const struct sluice_scales *s, int64_t out, int64_t column) {
    return load_f32(s->values + (s->first_row + out) / s->block_rows * s->row_length + column / s->block_columns);
}

/* All outputs of a block with all rows of a tile, over one stretch of columns. */
INLINE void float_tiles(
        const int load, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, int64_t rows, int64_t count, const float *scale,
        float *sums, int64_t ahead) {
#define TILE_AT(R, O, ahead)                                                                                                         \
    dot_tile(load, R, O, w + o, x + r * x_bytes, x_bytes, count, scale ? scale + o : 0, sums + (r * DOT_BLOCK + o) * VL, ahead)
    if (rows == 1) {
        for (int r = 0, o = 0; o < DOT_BLOCK; o += DOT_OUTS_SINGLE) {
            TILE_AT(1, DOT_OUTS_SINGLE, ahead);
        }
        return;
    }
    for (int o = 0; o < DOT_BLOCK; o += DOT_OUTS) {
        int64_t r = 0;
        /* The first rows to meet these weights fetch the next ones. */
        if (rows >= DOT_ROWS) {
            TILE_AT(DOT_ROWS, DOT_OUTS, ahead);
            r = DOT_ROWS;
        }
        for (; r + DOT_ROWS <= rows; r += DOT_ROWS) {
            TILE_AT(DOT_ROWS, DOT_OUTS, 0);
        }
#if DOT_ROWS > 2
        if (r == 0) {
            TILE_AT(2, DOT_OUTS, ahead);
            r = 2;
        }
        for (; r + 2 <= rows; r += 2) {
            TILE_AT(2, DOT_OUTS, 0);
        }
#endif
        for (; r < rows; r++) {
            TILE_AT(1, DOT_OUTS, 0);
        }
    }
#undef TILE_AT
}

static void float_tiles_of(
        int load, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, int64_t rows, int64_t count, const float *scale,
        float *sums, int64_t ahead) {
    switch (load) {
        case DOT_F32: float_tiles(DOT_F32, w, x, x_bytes, rows, count, scale, sums, ahead); break;
        case DOT_F16: float_tiles(DOT_F16, w, x, x_bytes, rows, count, scale, sums, ahead); break;
        case DOT_BF16: float_tiles(DOT_BF16, w, x, x_bytes, rows, count, scale, sums, ahead); break;
        case DOT_E4M3: float_tiles(DOT_E4M3, w, x, x_bytes, rows, count, scale, sums, ahead); break;
#if HAS_PAIRS
        case DOT_PAIR_BF16: float_tiles(DOT_PAIR_BF16, w, x, x_bytes, rows, count, scale, sums, ahead); break;
        case DOT_PAIR_E4M3: float_tiles(DOT_PAIR_E4M3, w, x, x_bytes, rows, count, scale, sums, ahead); break;
#endif
        default: __builtin_unreachable();
    }
}

/* Columns [begin, end) of 16 rows, decoded so that many activation rows share the work; returns how the result is to be loaded. */
static int decode_stretch(int load, const struct sluice_matmul_args *a, const uint8_t **rows, int64_t begin, int64_t end, struct float_workspace *ws) {
    for (int o = 0; o < DOT_BLOCK; o++) {
        float *dst = ws->decoded[o];
        if (o > 0 && rows[o] == rows[o - 1]) {
            memcpy(dst, ws->decoded[o - 1], (size_t)(end - begin) * 4);
            continue;
        }
#if HAS_PAIRS
        if (load == DOT_PAIR_E4M3) {
            const uint8_t *p = rows[o] + begin;
            int64_t k = 0, n = end - begin;
            for (; k + 64 <= n; k += 64) {
                __m512i first, second;
                bf16_of_e4m3_64(vi_load(p + k), &first, &second);
                vi_store((uint8_t *)dst + 2 * k, first);
                vi_store((uint8_t *)dst + 2 * k + 64, second);
            }
            for (; k + 32 <= n; k += 32) {
                vi_store((uint8_t *)dst + 2 * k, bf16_of_e4m3(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(p + k)))));
            }
            if (k < n) {
                vi_store((uint8_t *)dst + 2 * k, bf16_of_e4m3(_mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8((1u << (n - k)) - 1, p + k))));
            }
            continue;
        }
#endif
        floats_of_row(a->type, rows[o], begin, end, dst);
    }
    return load == DOT_PAIR_E4M3 ? DOT_PAIR_BF16 : DOT_F32;
}

#if VL == 16
/* y of 16 outputs and up to 4 rows. */
INLINE void whole_tile(
        const int load, const struct sluice_matmul_args *a, const uint8_t *const *w, const uint8_t *x, int64_t rows, float *y,
        int64_t y_stride, int64_t ahead) {
#define WHOLE_TILE(R, O)                                                                                                             \
    for (int o = 0; o < DOT_BLOCK; o += O) {                                                                                         \
        dot_whole(load, R, O, w + o, x, a->x_row_bytes, a->columns, y + o, y_stride, ahead);                                         \
    }
    if (rows >= 4) {
        WHOLE_TILE(4, 4)
    } else if (rows == 3) {
        WHOLE_TILE(3, 4)
    } else if (rows == 2) {
        WHOLE_TILE(2, 8)
    } else if (a->w_row_bytes >= FLOAT_BYTES) {
        WHOLE_TILE(1, 8)
    } else {
        WHOLE_TILE(1, 16)
    }
#undef WHOLE_TILE
}

INLINE void whole_rows(const int load, const struct sluice_matmul_args *a) {
    const int64_t ahead = far_ahead(a->w_row_bytes, a->w_row_bytes >= FLOAT_BYTES ? 8 : DOT_BLOCK);
    for (int64_t out = a->out_begin; out < a->out_end; out += DOT_BLOCK) {
        const uint8_t *w[DOT_BLOCK];
        for (int o = 0; o < DOT_BLOCK; o++) {
            w[o] = sluice_weight_row(a, out + o);
        }
        const int64_t n = a->out_end - out;
        for (int64_t row = 0; row < a->rows; row += 4) {
            const int64_t rows = a->rows - row < 4 ? a->rows - row : 4;
            const uint8_t *x = a->x + row * a->x_row_bytes;
            float *y = a->y + row * a->y_stride + out, part[4][DOT_BLOCK];
            /* The first rows to meet these weights fetch the next ones. */
            if (n < DOT_BLOCK) {
                whole_tile(load, a, w, x, rows, part[0], DOT_BLOCK, 0);
                for (int64_t r = 0; r < rows; r++) {
                    memcpy(y + r * a->y_stride, part[r], (size_t)n * 4);
                }
            } else if (row == 0) {
                whole_tile(load, a, w, x, rows, y, a->y_stride, ahead);
            } else {
                whole_tile(load, a, w, x, rows, y, a->y_stride, 0);
            }
        }
    }
}

/*
 * Weights that are used where they lie, without scales: sums over all columns stay in registers, in the same order as in stretches.
 * Returns 0 where rows are long and many: then weights and activations of a block would leave the caches before they meet again.
 */
static int matmul_whole(int load, const struct sluice_matmul_args *a) {
    if (a->rows > 8 && a->w_row_bytes > FLOAT_BYTES) {
        return 0;
    }
    switch (load) {
        case DOT_F32: whole_rows(DOT_F32, a); return 1;
#if HAS_PAIRS
        case DOT_PAIR_BF16: whole_rows(DOT_PAIR_BF16, a); return 1;
#endif
        default: return 0;
    }
}
#else
static int matmul_whole(int load, const struct sluice_matmul_args *a) {
    (void)load;
    (void)a;
    return 0;
}
#endif

static void matmul_float(const struct sluice_matmul_args *a, int32_t kind, const struct sluice_scales *scales) {
    struct float_workspace *ws = (struct float_workspace *)a->scratch;
    const int plain = sluice_format_of(a->type).family == FAMILY_FLOAT;
    const int pairs = kind == SLUICE_KIND_BF16;
    const int load = !plain                      ? DOT_F32
                     : a->type == SLUICE_F32     ? DOT_F32
                     : a->type == SLUICE_F16     ? DOT_F16
                     : a->type == SLUICE_BF16    ? (pairs ? DOT_PAIR_BF16 : DOT_BF16)
                     : pairs                     ? DOT_PAIR_E4M3
                                                 : DOT_E4M3;
    const int in_place = plain && (load == DOT_F32 || load == DOT_PAIR_BF16);
    const int x_size = pairs ? 2 : 4;
    const int64_t stretch = in_place ? FLOAT_BYTES / dot_weight_bytes(load) : FLOAT_COLUMNS;
    if (plain && !scales && matmul_whole(load, a)) {
        return;
    }
    for (int64_t row = 0; row < a->rows; row += FLOAT_ROWS) {
        const int64_t rows = a->rows - row < FLOAT_ROWS ? a->rows - row : FLOAT_ROWS;
        const uint8_t *x = a->x + row * a->x_row_bytes;
        const int decode = !plain || (!in_place && rows > 2);
        for (int64_t out = a->out_begin; out < a->out_end; out += DOT_BLOCK) {
            const uint8_t *w[DOT_BLOCK], *at[DOT_BLOCK];
            for (int o = 0; o < DOT_BLOCK; o++) {
                /* Beyond the end the last row stands in and its results are dropped. */
                w[o] = sluice_weight_row(a, out + o);
            }
            memset(ws->sums, 0, sizeof ws->sums[0] * (size_t)rows);
            for (int64_t k = 0, end; k < a->columns; k = end) {
                end = !decode && rows == 1 ? a->columns : k + stretch;
                const float *scale = 0;
                if (scales) {
                    int64_t edge = (k / scales->block_columns + 1) * scales->block_columns;
                    end = edge < end ? edge : end;
                    for (int o = 0; o < DOT_BLOCK; o++) {
                        ws->scale[o] = scale_at(scales, out + o < a->out_end ? out + o : a->out_end - 1, k);
                    }
                    scale = ws->scale;
                }
                end = end < a->columns ? end : a->columns;
                int how = load;
                if (decode) {
                    how = decode_stretch(load, a, w, k, end, ws);
                }
                for (int o = 0; o < DOT_BLOCK; o++) {
                    at[o] = decode ? (const uint8_t *)ws->decoded[o] : w[o] + k * dot_weight_bytes(load);
                }
                float_tiles_of(how, at, x + k * x_size, a->x_row_bytes, rows, end - k, scale, ws->sums[0][0],
                    decode ? 0 : gemv_ahead(a->w_row_bytes, DOT_OUTS_SINGLE));
            }
            const int64_t n = a->out_end - out < DOT_BLOCK ? a->out_end - out : DOT_BLOCK;
            for (int64_t r = 0; r < rows; r++) {
                vf v[DOT_BLOCK];
                float y[DOT_BLOCK];
                for (int o = 0; o < DOT_BLOCK; o++) {
                    v[o] = vf_load(ws->sums[r][o]);
                }
                sums16(v, y);
                memcpy(a->y + (row + r) * a->y_stride + out, y, (size_t)n * 4);
            }
        }
    }
}

#endif
