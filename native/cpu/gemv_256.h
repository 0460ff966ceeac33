/* Blocks of 256 with integer scales: all of a block's products become one exact int32 per weight row. */
#ifndef SLUICE_GEMV_256_H
#define SLUICE_GEMV_256_H

#include "unpack_iq_avx512.h"

#define GEMV_ROWS 4

struct gemv_buffer {
    __m512i x[GEMV_ROWS][4];
    __m256i sums[GEMV_ROWS];
    struct looked_up found[16];
    __m512i whole[GEMV_ROWS][16]; /* row i: partial sums of its products */
    __m512i below[GEMV_ROWS][4];  /* quarter j of vector k: partial sums of row 4 j + k with the sums of activations */
};

/* Where a block keeps d, as two of four bytes that lie within it: d in the low half, or in the high half where it ends the block. */
INLINE int d_at(int32_t type) {
    switch (type) {
        case SLUICE_Q2_K: return 80;
        case SLUICE_Q3_K: return 106;
        case SLUICE_Q6_K: return 206;
        case SLUICE_TQ1_0: return 50;
        case SLUICE_TQ2_0: return 62;
        default: return 0;
    }
}

INLINE __m128i dot2_128(__m128i a, __m128i b) {
    return _mm_madd_epi16(a, b);
}

INLINE __m128i dot2_256(__m256i a, __m256i b) {
    __m256i v = _mm256_madd_epi16(a, b);
    return _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

INLINE __m512 half_of_words(__m512i v, const int high) {
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(high ? _mm512_srli_epi32(v, 16) : v));
}

/* Lane 4 j + k = the sum of quarter j of v[k]. */
INLINE __m512i quarter_sums(const __m512i *v) {
    __m512i a = _mm512_add_epi32(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
    __m512i b = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/* Outputs [out, out + 16) of R rows. */
INLINE void gemv_256_block(int32_t type, const int R, const struct sluice_matmul_args *a, int64_t row, int64_t out) {
    const struct sluice_format f = sluice_format_of(type);
    const struct sluice_int8_row l = sluice_int8_layout(SLUICE_KIND_INT8_256, a->columns);
    const uint8_t *x = a->x + row * a->x_row_bytes;
    const int offset = code_offset(type);
    struct gemv_buffer t;
    const int64_t ahead = gemv_ahead(a->w_row_bytes, 16);
    const uint8_t *w[16];
    for (int i = 0; i < 16; i++) {
        w[i] = a->w + (out + i < a->out_end ? out + i : a->out_end - 1) * a->w_row_bytes;
    }
    __m512 sum[GEMV_ROWS];
    UNROLL for (int r = 0; r < R; r++) { sum[r] = _mm512_setzero_ps(); }
    for (int64_t b = 0; b < a->columns / 256; b++) {
        UNROLL for (int r = 0; r < R; r++) {
            const uint8_t *xr = x + r * a->x_row_bytes;
            order_activations(order_of_type(type), xr + 256 * b, t.x[r]);
            t.sums[r] = f.sub == 32 ? _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)(xr + l.sums + 16 * b)))
                                    : _mm256_loadu_si256((const __m256i *)(xr + l.sums16 + 32 * b));
        }
        for (int i = 0; i < 16; i++) {
            const uint8_t *p = w[i] + b * f.bytes;
            look_up_256(type, p, &t.found[i]);
        }
        for (int k = 0; k < 4; k++) {
            __m512i below[GEMV_ROWS];
            UNROLL for (int j = 0; j < 4; j++) {
                const int i = 4 * j + k;
                const uint8_t *p = w[i] + b * f.bytes;
                /*
                 * The block at the same place of the next 16 rows will be wanted after this pass over the columns. Asked for one by one:
                 * a run of such requests would hold up the loads behind it.
                 */
                if (row == 0) {
                    UNROLL for (int at = 0; at < f.bytes; at += 64) { _mm_prefetch((const char *)(p + ahead + at), _MM_HINT_T0); }
                }
                struct unpacked256 u;
                unpack_256(type, p, &t.found[i], &u);
                UNROLL for (int r = 0; r < R; r++) {
                    __m512i half[2];
                    UNROLL for (int v = 0; v < 4; v++) {
                        __m512i xv = t.x[r][v];
                        if (has_signs(type)) {
                            xv = _mm512_mask_sub_epi8(xv, u.negative[v], _mm512_setzero_si512(), xv);
                        }
                        __m512i pairs = _mm512_maddubs_epi16(u.code[v], xv);
                        half[v / 2] = v % 2 ? _mm512_dpwssd_epi32(half[v / 2], pairs, u.scale[v])
                                            : _mm512_madd_epi16(pairs, u.scale[v]);
                    }
                    __m512i whole = _mm512_add_epi32(half[0], half[1]);
                    t.whole[r][i] = whole;
                    if (f.minima || offset) {
                        __m128i s = f.sub == 32 ? dot2_128(_mm256_castsi256_si128(u.below), _mm256_castsi256_si128(t.sums[r]))
                                                : dot2_256(u.below, t.sums[r]);
                        below[r] = j ? _mm512_mask_broadcast_i32x4(below[r], (__mmask16)(15 << 4 * j), s) : _mm512_castsi128_si512(s);
                    }
                }
            }
            if (f.minima || offset) {
                UNROLL for (int r = 0; r < R; r++) { t.below[r][k] = below[r]; }
            }
        }
        __m512i d_words = _mm512_setzero_si512();
        UNROLL for (int i = 0; i < 16; i++) {
            const uint8_t *p = w[i] + b * f.bytes;
            d_words = _mm512_mask_set1_epi32(d_words, (__mmask16)(1 << i), (int)load_u32(p + d_at(type)));
        }
        const int d_high = d_at(type) && !f.minima;
        __m512 d = vf_mul(half_of_words(d_words, d_high), vf_set1(d_factor(type)));
        UNROLL for (int r = 0; r < R; r++) {
            __m512 dx = _mm512_set1_ps(load_f32(x + r * a->x_row_bytes + l.d + 4 * b));
            __m512i whole = int_sums16(t.whole[r]);
            if (offset) {
                whole = _mm512_sub_epi32(whole, _mm512_mullo_epi32(quarter_sums(t.below[r]), _mm512_set1_epi32(offset)));
            }
            sum[r] = vf_fma(_mm512_cvtepi32_ps(whole), vf_mul(d, dx), sum[r]);
            if (f.minima) {
                __m512 dmin = vf_sub(vf_set1(-0.0f), half_of_words(d_words, 1));
                sum[r] = vf_fma(_mm512_cvtepi32_ps(quarter_sums(t.below[r])), vf_mul(dmin, dx), sum[r]);
            }
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        vf_store_part(a->y + (row + r) * a->y_stride + out, sum[r], a->out_end - out);
    }
}

/* A block of weights meets all rows while it is cached. */
INLINE int gemv_256_type(int32_t type, const struct sluice_matmul_args *a, int64_t most) {
    if (a->rows > most) {
        return 0;
    }
    for (int64_t out = a->out_begin; out < a->out_end; out += 16) {
        int64_t row = 0;
        for (; row + 4 <= a->rows; row += 4) {
            gemv_256_block(type, 4, a, row, out);
        }
        if (row + 2 <= a->rows) {
            gemv_256_block(type, 2, a, row, out);
            row += 2;
        }
        if (row < a->rows) {
            gemv_256_block(type, 1, a, row, out);
        }
    }
    return 1;
}

static int gemv_256(const struct sluice_matmul_args *a) {
    switch (a->type) {
        case SLUICE_Q2_K: return gemv_256_type(SLUICE_Q2_K, a, 12);
        case SLUICE_Q3_K: return gemv_256_type(SLUICE_Q3_K, a, 12);
        case SLUICE_Q4_K: return gemv_256_type(SLUICE_Q4_K, a, 12);
        case SLUICE_Q5_K: return gemv_256_type(SLUICE_Q5_K, a, 12);
        case SLUICE_Q6_K: return gemv_256_type(SLUICE_Q6_K, a, 12);
        case SLUICE_IQ2_XXS: return gemv_256_type(SLUICE_IQ2_XXS, a, 8);
        case SLUICE_IQ2_XS: return gemv_256_type(SLUICE_IQ2_XS, a, 8);
        case SLUICE_IQ2_S: return gemv_256_type(SLUICE_IQ2_S, a, 8);
        case SLUICE_IQ3_XXS: return gemv_256_type(SLUICE_IQ3_XXS, a, 8);
        case SLUICE_IQ3_S: return gemv_256_type(SLUICE_IQ3_S, a, 8);
        case SLUICE_IQ4_XS: return gemv_256_type(SLUICE_IQ4_XS, a, 8);
        case SLUICE_TQ2_0: return gemv_256_type(SLUICE_TQ2_0, a, 8);
        default: return 0;
    }
}

#endif
