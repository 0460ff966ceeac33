/* Formats with a float scale per 32 codes: eight weight rows by two groups at a time, so that a vector of sums holds both groups of all eight. */
#ifndef SLUICE_GEMV_32_H
#define SLUICE_GEMV_32_H

#include "unpack_32_avx512.h"

/* 16 half floats: at `at` of eight rows, then `next` bytes behind it where there is a second group. */
INLINE __m512 two_halves(const uint8_t *const *w, int64_t at, int64_t next, const int second) {
#define D(i) (short)load_u16(w[i] + at)
#define E(i) (short)load_u16(w[i] + at + next)
    __m128i low = _mm_set_epi16(D(7), D(6), D(5), D(4), D(3), D(2), D(1), D(0));
    __m128i high = second ? _mm_set_epi16(E(7), E(6), E(5), E(4), E(3), E(2), E(1), E(0)) : _mm_setzero_si128();
#undef D
#undef E
    return _mm512_cvtph_ps(_mm256_set_m128i(high, low));
}

/* half_of_e8m0 of eight rows, then of their next groups. */
INLINE __m512 two_powers(const uint8_t *const *w, int64_t at, int64_t next, const int second) {
#define D(i) (char)w[i][at]
#define E(i) (char)(second ? w[i][at + next] : 0)
    const __m512i e = _mm512_cvtepu8_epi32(
            _mm_set_epi8(E(7), E(6), E(5), E(4), E(3), E(2), E(1), E(0), D(7), D(6), D(5), D(4), D(3), D(2), D(1), D(0)));
#undef D
#undef E
    const __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    const __m512i tiny = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), e);
    return _mm512_castsi512_ps(_mm512_mask_mov_epi32(normal, _mm512_cmplt_epu32_mask(e, _mm512_set1_epi32(2)), tiny));
}

/* half_of_ue4m3 of eight bytes in the low ends of their lanes. */
INLINE __m256 halves_of_ue4m3(__m256i v) {
    const __m256i f = _mm256_and_si256(v, _mm256_set1_epi32(7)), e = _mm256_and_si256(_mm256_srli_epi32(v, 3), _mm256_set1_epi32(15));
    __m256 x = _mm256_castsi256_ps(
            _mm256_or_si256(_mm256_slli_epi32(_mm256_add_epi32(e, _mm256_set1_epi32(119)), 23), _mm256_slli_epi32(f, 20)));
    x = _mm256_mask_mul_ps(x, _mm256_cmpeq_epi32_mask(e, _mm256_setzero_si256()), _mm256_cvtepi32_ps(f), _mm256_set1_ps(0x1p-10f));
    return _mm256_maskz_mov_ps(_mm256_cmpneq_epi32_mask(v, _mm256_set1_epi32(0x7f)), x);
}

/* Of eight vectors of sums: quarter q of rows 0 to 3 in quarter q of b[0], of rows 4 to 7 in b[1]. */
INLINE void quarter_sums8(const __m512i *v, __m512i *b) {
    __m512i a[4];
    UNROLL for (int i = 0; i < 4; i++) {
        a[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    }
    UNROLL for (int i = 0; i < 2; i++) {
        b[i] = _mm512_add_epi32(
                _mm512_unpacklo_epi64(a[2 * i], a[2 * i + 1]), _mm512_unpackhi_epi64(a[2 * i], a[2 * i + 1]));
    }
}

/* Of what quarter_sums8 gives: lane i is the first half of row i, lane 8 + i the second. */
INLINE __m512i halves_of_quarters(const __m512i *b) {
    const __m512i even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    return _mm512_add_epi32(_mm512_permutex2var_epi64(b[0], even, b[1]), _mm512_permutex2var_epi64(b[0], odd, b[1]));
}

/* The same of eight vectors of sums. */
INLINE __m512i half_sums8(const __m512i *v) {
    __m512i b[2];
    quarter_sums8(v, b);
    return halves_of_quarters(b);
}

INLINE __m512 two_of(float low, float high) {
    return _mm512_insertf32x8(_mm512_set1_ps(low), _mm256_set1_ps(high), 1);
}

/* A block of NVFP4, whose four scales count for a quarter each. */
INLINE void add_quarters(
        const int R, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, const struct sluice_int8_row *l, int64_t b,
        const __m512i (*sums)[2], __m256 *sum) {
#define D(i) (int)load_u32(w[i] + b * 18)
    const __m256i bytes = _mm256_set_epi32(D(7), D(6), D(5), D(4), D(3), D(2), D(1), D(0));
#undef D
    UNROLL for (int q = 0; q < 4; q++) {
        const __m512i quarter = _mm512_set_epi64(0, 0, 0, 0, 2 * q + 9, 2 * q + 8, 2 * q + 1, 2 * q);
        const __m256 d = halves_of_ue4m3(_mm256_and_si256(_mm256_srli_epi32(bytes, (unsigned)(8 * q)), _mm256_set1_epi32(255)));
        UNROLL for (int r = 0; r < R; r++) {
            const uint8_t *xr = x + r * x_bytes;
            __m256i dot = _mm512_castsi512_si256(_mm512_permutex2var_epi64(sums[r][0], quarter, sums[r][1]));
            dot = _mm256_add_epi32(dot, _mm256_set1_epi32((int)load_u32(xr + l->n16 + 4 * (2 * b + q))));
            const __m256 dx = _mm256_set1_ps(load_f32(xr + l->d + 4 * (b + q / 2)));
            sum[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_mul_ps(d, dx), sum[r]);
        }
    }
}

/* Groups b and, where there is one, b + 1. */
INLINE void gemv_32_pair(
        int32_t type, const int R, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, const struct sluice_int8_row *l, int64_t b,
        const int second, __m256 *sum, int64_t ahead) {
    const int64_t size = group_bytes(type);
    __m512i dot[4][8], sums[4][2];
    UNROLL for (int i = 0; i < 8; i++) {
        const uint8_t *p = w[i] + b * size;
        if (ahead) {
            _mm_prefetch((const char *)(p + ahead), _MM_HINT_T0);
            if (2 * size > 64) {
                /* Without the second, lines would be left out. */
                _mm_prefetch((const char *)(p + ahead + 64), _MM_HINT_T0);
            }
        }
        __m512i v = two_groups(type, p, second);
        UNROLL for (int r = 0; r < R; r++) {
            const uint8_t *q = x + r * x_bytes + 32 * b;
            __m512i xv = second ? vi_load(q) : _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)q));
            dot[r][i] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), v, xv);
        }
    }
    UNROLL for (int r = 0; r < R; r++) { quarter_sums8(dot[r], sums[r]); }
    if (type == SLUICE_NVFP4) {
        add_quarters(R, w, x, x_bytes, l, b, sums, sum);
        return;
    }
    const int minima = sluice_format_of(type).minima;
    const __m512 d = type == SLUICE_MXFP4 ? two_powers(w, b * size, size, second) : two_halves(w, b * size, size, second);
    const __m512 m = minima ? two_halves(w, b * size + 2, size, second) : _mm512_setzero_ps();
    UNROLL for (int r = 0; r < R; r++) {
        const uint8_t *xr = x + r * x_bytes + 4 * b, *n = xr + l->n32, *dx = xr + l->d, *sx = xr + l->sums;
        __m512i start = _mm512_inserti64x4(
                _mm512_set1_epi32((int)load_u32(n)), _mm256_set1_epi32(second ? (int)load_u32(n + 4) : 0), 1);
        __m512 whole = _mm512_cvtepi32_ps(_mm512_add_epi32(halves_of_quarters(sums[r]), start));
        __m512 scale = _mm512_mul_ps(d, two_of(load_f32(dx), second ? load_f32(dx + 4) : 0));
        sum[r] = _mm256_fmadd_ps(_mm512_castps512_ps256(whole), _mm512_castps512_ps256(scale), sum[r]);
        if (minima) {
            sum[r] = _mm256_fmadd_ps(_mm512_castps512_ps256(m), _mm256_set1_ps(load_f32(sx)), sum[r]);
        }
        if (second) {
            sum[r] = _mm256_fmadd_ps(_mm512_extractf32x8_ps(whole, 1), _mm512_extractf32x8_ps(scale, 1), sum[r]);
        }
        if (second && minima) {
            sum[r] = _mm256_fmadd_ps(_mm512_extractf32x8_ps(m, 1), _mm256_set1_ps(load_f32(sx + 4)), sum[r]);
        }
    }
}

/* Outputs [out, out + 8) of R rows. */
INLINE void gemv_32_block(int32_t type, const int R, const struct sluice_matmul_args *a, int64_t row, int64_t out) {
    const struct sluice_int8_row l = sluice_int8_layout(SLUICE_KIND_INT8_32, a->columns);
    const uint8_t *x = a->x + row * a->x_row_bytes;
    const int64_t groups = a->columns / 32, ahead = row == 0 ? gemv_ahead(a->w_row_bytes, 8) : 0;
    const uint8_t *w[8];
    UNROLL for (int i = 0; i < 8; i++) { w[i] = sluice_weight_row(a, out + i); }
    __m256 sum[4];
    UNROLL for (int r = 0; r < R; r++) { sum[r] = _mm256_setzero_ps(); }
    int64_t b = 0;
    for (; b + 2 <= groups; b += 2) {
        gemv_32_pair(type, R, w, x, a->x_row_bytes, &l, b, 1, sum, ahead);
    }
    if (b < groups) {
        gemv_32_pair(type, R, w, x, a->x_row_bytes, &l, b, 0, sum, 0);
    }
    const int64_t n = a->out_end - out;
    UNROLL for (int r = 0; r < R; r++) {
        _mm256_mask_storeu_ps(a->y + (row + r) * a->y_stride + out, (__mmask8)(n >= 8 ? 0xff : (1 << n) - 1), sum[r]);
    }
}

#endif
