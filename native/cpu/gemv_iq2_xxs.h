/* IQ2_XXS: blocks of two weight rows at a time, whose 64 grid entries fill a vector. */
#ifndef SLUICE_GEMV_IQ2_XXS_H
#define SLUICE_GEMV_IQ2_XXS_H

#include "gemv_256.h"

#define BLOCK_IQ2_XXS 66

/*
 * Vector 4 w + t: entries 16 q + 8 w + 4 h + t in eighths 2 q + h, as look_up_planes leaves them. A block has 32 entries, so the upper half
 * repeats the lower one's columns.
 */
INLINE void order_pair(const uint8_t *x, __m512i *v) {
    UNROLL for (int i = 0; i < 8; i++) {
        const uint8_t *from = x + i / 4 * 64;
        const int t = i % 4;
        v[i] = _mm512_permutex2var_epi64(
                vi_load(from), _mm512_set_epi64(t + 12, t + 8, t + 4, t, t + 12, t + 8, t + 4, t), vi_load(from + 128));
    }
}

/* Partial sums: lower half for the block at p, upper half for that at q. */
INLINE void products_iq2_xxs(
        const int R, const uint8_t *p, const uint8_t *q, const struct common256 *c, const __m512i (*x)[8], uint64_t *sign, __m512i *sum) {
    const __m512i evens = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i a = vi_load(p + 2), b = vi_load(q + 2);
    const __m512i second = _mm512_permutex2var_epi32(a, _mm512_add_epi32(evens, _mm512_set1_epi32(1)), b);
    const __m512i order = _mm512_set_epi64(
            0x3f3b2f2b1f1b0f0b, 0x3e3a2e2a1e1a0e0a, 0x3d392d291d190d09, 0x3c382c281c180c08,
            0x3733272317130703, 0x3632262216120602, 0x3531252115110501, 0x3430242014100400);
    vi_store(sign, _mm512_permutexvar_epi8(order, sevens(second)));
    /* Masks come from memory in one step, from parts of a vector in two or three. */
    __asm__("" : "+m"(*(uint64_t(*)[8])sign));
    const __m512i scales = odd_scales(second);
    __m512i words[2];
    look_up_planes(c, _mm512_permutex2var_epi32(a, evens, b), words);
    __m512i half[GEMV_ROWS][2];
    UNROLL for (int v = 0; v < 8; v++) {
        const __m512i shifts = _mm512_set1_epi64(0x0e0c0a0806040200 + 0x1010101010101010 * (v % 4));
        const __m512i code = _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(shifts, words[v / 4]), VALUES_IQ2);
        const __mmask64 negative = (__mmask64)sign[v];
        UNROLL for (int r = 0; r < R; r++) {
            const __m512i xv = _mm512_mask_sub_epi8(x[r][v], negative, _mm512_setzero_si512(), x[r][v]);
            half[r][v / 4] = _mm512_dpbusd_epi32(v % 4 ? half[r][v / 4] : _mm512_setzero_si512(), code, xv);
        }
    }
    const __m512i spread = _mm512_set_epi32(13, 13, 12, 12, 9, 9, 8, 8, 5, 5, 4, 4, 1, 1, 0, 0);
    const __m512i low = _mm512_permutexvar_epi32(spread, scales);
    const __m512i high = _mm512_permutexvar_epi32(_mm512_add_epi32(spread, _mm512_set1_epi32(2)), scales);
    UNROLL for (int r = 0; r < R; r++) {
        sum[r] = _mm512_add_epi32(_mm512_mullo_epi32(half[r][0], low), _mm512_mullo_epi32(half[r][1], high));
    }
}

/* Outputs [out, out + 16) of R rows. */
INLINE void gemv_iq2_xxs_block(const int R, const struct sluice_matmul_args *a, int64_t row, int64_t out) {
    const struct sluice_int8_row l = sluice_int8_layout(SLUICE_KIND_INT8_256, a->columns);
    const uint8_t *x = a->x + row * a->x_row_bytes;
    const int64_t ahead = gemv_ahead(a->w_row_bytes, 16);
    struct common256 common;
    read_planes(sluice_grid_iq2_xxs, &common);
    uint64_t sign[8] __attribute__((aligned(64)));
    const uint8_t *w[16];
    for (int i = 0; i < 16; i++) {
        w[i] = sluice_weight_row(a, out + i);
    }
    __m512 sum[GEMV_ROWS];
    UNROLL for (int r = 0; r < R; r++) { sum[r] = _mm512_setzero_ps(); }
    for (int64_t b = 0; b < a->columns / 256; b++) {
        __m512i xs[GEMV_ROWS][8], whole[GEMV_ROWS][8];
        UNROLL for (int r = 0; r < R; r++) { order_pair(x + r * a->x_row_bytes + 256 * b, xs[r]); }
        for (int i = 0; i < 8; i++) {
            const uint8_t *p = w[i] + b * BLOCK_IQ2_XXS, *q = w[i + 8] + b * BLOCK_IQ2_XXS;
            if (row == 0) {
                _mm_prefetch((const char *)(p + ahead), _MM_HINT_T0);
                _mm_prefetch((const char *)(p + ahead + 64), _MM_HINT_T0);
                _mm_prefetch((const char *)(q + ahead), _MM_HINT_T0);
                _mm_prefetch((const char *)(q + ahead + 64), _MM_HINT_T0);
            }
            __m512i pair[GEMV_ROWS];
            products_iq2_xxs(R, p, q, &common, xs, sign, pair);
            UNROLL for (int r = 0; r < R; r++) { whole[r][i] = pair[r]; }
        }
        const __m512 d = vf_mul(half_of_words(words_of_rows(w, b * BLOCK_IQ2_XXS), 0), vf_set1(d_factor(SLUICE_IQ2_XXS)));
        UNROLL for (int r = 0; r < R; r++) {
            const __m512 dx = _mm512_set1_ps(load_f32(x + r * a->x_row_bytes + l.d + 4 * b));
            sum[r] = vf_fma(_mm512_cvtepi32_ps(half_sums8(whole[r])), vf_mul(d, dx), sum[r]);
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        vf_store_part(a->y + (row + r) * a->y_stride + out, sum[r], a->out_end - out);
    }
}

#endif
