/* Blocks of 256 with integer scales: all of a block's products become one exact int32 per weight row. */
#ifndef SLUICE_GEMV_256_H
#define SLUICE_GEMV_256_H

#include "unpack_iq_avx512.h"

#define GEMV_ROWS 4

struct gemv_buffer {
    __m512i x[GEMV_ROWS][4];
    __m512i start[GEMV_ROWS][2]; /* of products with codes that are stored 128 above their value */
    __m256i sums[GEMV_ROWS];
    struct looked_up found[16];
    __m512i whole[GEMV_ROWS][4]; /* lane 4 q + j of vector k: partial sum of the products of weight row 4 k + j */
    __m512i below[GEMV_ROWS][4]; /* quarter j of vector k: partial sums of weight row 4 k + j with the sums of activations */
};

/* Where a block keeps d, as two of four bytes that lie within it: d in the low half, or in the high half where it ends the block. */
INLINE int d_at(int32_t type) {
    switch (type) {
        case SLUICE_Q2_K: return 80;
        case SLUICE_Q3_K: return 106;
        case SLUICE_Q6_K: return 206;
        case SLUICE_TQ2_0: return 62;
        default: return 0;
    }
}

/* Lane i = d of row i, whose half bytes end four words. */
INLINE __m512i d_of_rows_iq1_m(const uint8_t *const *w, int64_t at) {
    const __m512i low = words_of_rows(w, at + 48), high = words_of_rows(w, at + 52), four = _mm512_set1_epi32(15);
    const __m512i d0 = _mm512_and_si512(_mm512_srli_epi32(low, 12), four), d1 = _mm512_srli_epi32(low, 28);
    const __m512i d2 = _mm512_and_si512(_mm512_srli_epi32(high, 12), four), d3 = _mm512_srli_epi32(high, 28);
    return _mm512_or_si512(
            _mm512_or_si512(d0, _mm512_slli_epi32(d1, 4)), _mm512_or_si512(_mm512_slli_epi32(d2, 8), _mm512_slli_epi32(d3, 12)));
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

/* Lane 4 k + j = the sum of quarter j of v[k]. */
INLINE __m512i sums_of_quarters(const __m512i *v) {
    return _mm512_permutexvar_epi32(_mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0), quarter_sums(v));
}

/* Lane 4 k + j = the sum over q of lane 4 q + j of v[k]. */
INLINE __m512i sums_over_quarters(const __m512i *v) {
    __m512i a = _mm512_add_epi32(_mm512_shuffle_i32x4(v[0], v[1], 0x88), _mm512_shuffle_i32x4(v[0], v[1], 0xdd));
    __m512i b = _mm512_add_epi32(_mm512_shuffle_i32x4(v[2], v[3], 0x88), _mm512_shuffle_i32x4(v[2], v[3], 0xdd));
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
}

/* Products of a block under its scales, as partial sums. */
INLINE __m512i products(int32_t type, const struct unpacked256 *u, const __m512i *x, const __m512i *start) {
    __m512i half[2];
    UNROLL for (int v = 0; v < 4; v++) {
        __m512i xv = x[v];
        if (has_signs(type)) {
            xv = _mm512_mask_sub_epi8(xv, u->negative[v], _mm512_setzero_si512(), xv);
        }
        if (has_wide_scales(type)) {
            const __m512i before = v % 2 ? half[v / 2] : has_flipped_codes(type) ? start[v / 2] : _mm512_setzero_si512();
            half[v / 2] = _mm512_dpbusd_epi32(before, u->code[v], xv);
        } else {
            const __m512i pairs = _mm512_maddubs_epi16(u->code[v], xv);
            half[v / 2] = v % 2 ? _mm512_dpwssd_epi32(half[v / 2], pairs, u->scale[v]) : _mm512_madd_epi16(pairs, u->scale[v]);
        }
    }
    if (has_wide_scales(type)) {
        half[0] = _mm512_mullo_epi32(half[0], u->scale[0]);
        half[1] = _mm512_mullo_epi32(half[1], u->scale[2]);
    }
    return _mm512_add_epi32(half[0], half[1]);
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
        w[i] = sluice_weight_row(a, out + i);
    }
    struct common256 common;
    prepare_256(type, &common);
    __m512 sum[GEMV_ROWS];
    UNROLL for (int r = 0; r < R; r++) { sum[r] = _mm512_setzero_ps(); }
    for (int64_t b = 0; b < a->columns / 256; b++) {
        UNROLL for (int r = 0; r < R; r++) {
            const uint8_t *xr = x + r * a->x_row_bytes;
            order_activations(order_of_type(type), xr + 256 * b, t.x[r]);
            if (has_flipped_codes(type)) {
                const __m512i all = _mm512_set1_epi8((char)128);
                UNROLL for (int h = 0; h < 2; h++) {
                    __m512i v = _mm512_dpbusd_epi32(_mm512_setzero_si512(), all, t.x[r][2 * h]);
                    t.start[r][h] = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_dpbusd_epi32(v, all, t.x[r][2 * h + 1]));
                }
            }
            t.sums[r] = f.sub == 32 ? _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(xr + l.sums + 16 * b)))
                                    : _mm256_loadu_si256((const __m256i *)(xr + l.sums16 + 32 * b));
        }
        for (int i = 0; i < 16; i++) {
            look_up_256(type, w[i] + b * f.bytes, &t.found[i]);
        }
        for (int k = 0; k < 4; k++) {
            const uint8_t *p[4];
            UNROLL for (int j = 0; j < 4; j++) { p[j] = w[4 * k + j] + b * f.bytes; }
            read_heads_256(type, p, &common);
            __m512i whole[GEMV_ROWS][4], below[GEMV_ROWS];
            UNROLL for (int j = 0; j < 4; j++) {
                /*
                 * The block at the same place of the next 16 rows will be wanted after this pass over the columns. Asked for one by one:
                 * a run of such requests would hold up the loads behind it.
                 */
                if (row == 0) {
                    UNROLL for (int at = 0; at < f.bytes; at += 64) { _mm_prefetch((const char *)(p[j] + ahead + at), _MM_HINT_T0); }
                }
                struct unpacked256 u;
                unpack_256(type, p[j], &common, j, &t.found[4 * k + j], &u);
                UNROLL for (int r = 0; r < R; r++) {
                    whole[r][j] = products(type, &u, t.x[r], t.start[r]);
                    if ((f.minima || offset) && !has_heads(type)) {
                        __m128i s = f.sub == 32 ? dot2_128(_mm256_castsi256_si128(u.below), _mm256_castsi256_si128(t.sums[r]))
                                                : dot2_256(u.below, t.sums[r]);
                        below[r] = j ? _mm512_mask_broadcast_i32x4(below[r], (__mmask16)(15 << 4 * j), s) : _mm512_castsi128_si512(s);
                    }
                }
            }
            UNROLL for (int r = 0; r < R; r++) {
                t.whole[r][k] = quarter_sums(whole[r]);
                if (has_heads(type) && f.minima) {
                    below[r] = _mm512_madd_epi16(common.minima, _mm512_broadcast_i64x4(t.sums[r]));
                }
                if (f.minima || offset) {
                    t.below[r][k] = below[r];
                }
            }
        }
        const __m512i d_words = type == SLUICE_IQ1_M ? d_of_rows_iq1_m(w, b * f.bytes) : words_of_rows(w, b * f.bytes + d_at(type));
        const int d_high = d_at(type) && !f.minima;
        __m512 d = vf_mul(half_of_words(d_words, d_high), vf_set1(d_factor(type)));
        UNROLL for (int r = 0; r < R; r++) {
            __m512 dx = _mm512_set1_ps(load_f32(x + r * a->x_row_bytes + l.d + 4 * b));
            __m512i whole = sums_over_quarters(t.whole[r]);
            if (offset) {
                whole = _mm512_sub_epi32(whole, _mm512_mullo_epi32(sums_of_quarters(t.below[r]), _mm512_set1_epi32(offset)));
            }
            sum[r] = vf_fma(_mm512_cvtepi32_ps(whole), vf_mul(d, dx), sum[r]);
            if (f.minima) {
                __m512 dmin = vf_sub(vf_set1(-0.0f), half_of_words(d_words, 1));
                sum[r] = vf_fma(_mm512_cvtepi32_ps(sums_of_quarters(t.below[r])), vf_mul(dmin, dx), sum[r]);
            }
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        vf_store_part(a->y + (row + r) * a->y_stride + out, sum[r], a->out_end - out);
    }
}

#endif
