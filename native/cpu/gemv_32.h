/* Q8_0: eight weight rows by two blocks at a time, so that a vector of sums holds both blocks of all eight. */
#ifndef SLUICE_GEMV_32_H
#define SLUICE_GEMV_32_H

#define BLOCK_Q8 34

/* Codes of blocks at p and behind it, 128 above their value; the second is zero where there is none. */
INLINE __m512i two_blocks_q8_0(const uint8_t *p, int second) {
    __m512i v = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(p + 2)));
    v = second ? _mm512_inserti64x4(v, _mm256_loadu_si256((const __m256i *)(p + BLOCK_Q8 + 2)), 1) : _mm512_zextsi256_si512(_mm512_castsi512_si256(v));
    return _mm512_xor_si512(v, _mm512_set1_epi8((char)0x80));
}

/* 16 scales: first blocks of eight rows, then second blocks. */
INLINE __m512 two_scales_q8_0(const uint8_t *const *w, int64_t at, int second) {
#define D(i) (short)load_u16(w[i] + at)
#define E(i) (short)load_u16(w[i] + at + BLOCK_Q8)
    __m128i low = _mm_set_epi16(D(7), D(6), D(5), D(4), D(3), D(2), D(1), D(0));
    __m128i high = second ? _mm_set_epi16(E(7), E(6), E(5), E(4), E(3), E(2), E(1), E(0)) : _mm_setzero_si128();
#undef D
#undef E
    return _mm512_cvtph_ps(_mm256_set_m128i(high, low));
}

/* v[i] holds sums of row i in its halves; lane i of the result is the first half of row i, lane 8 + i the second. */
INLINE __m512i half_sums8(const __m512i *v) {
    __m512i a[4], b[2];
    UNROLL for (int i = 0; i < 4; i++) {
        a[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    }
    UNROLL for (int i = 0; i < 2; i++) {
        b[i] = _mm512_add_epi32(
                _mm512_unpacklo_epi64(a[2 * i], a[2 * i + 1]), _mm512_unpackhi_epi64(a[2 * i], a[2 * i + 1]));
    }
    const __m512i even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    return _mm512_add_epi32(_mm512_permutex2var_epi64(b[0], even, b[1]), _mm512_permutex2var_epi64(b[0], odd, b[1]));
}

INLINE __m512 two_of(float low, float high) {
    return _mm512_insertf32x8(_mm512_set1_ps(low), _mm256_set1_ps(high), 1);
}

INLINE void gemv_q8_0_pair(
        const int R, const uint8_t *const *w, const uint8_t *x, int64_t x_bytes, const struct sluice_int8_row *l, int64_t b, const int second,
        __m256 *sum, int64_t ahead) {
    __m512i dot[4][8];
    UNROLL for (int i = 0; i < 8; i++) {
        const uint8_t *p = w[i] + b * BLOCK_Q8;
        if (ahead) {
            /* Steps are 68 bytes: without the second, lines would be left out. */
            _mm_prefetch((const char *)(p + ahead), _MM_HINT_T0);
            _mm_prefetch((const char *)(p + ahead + 64), _MM_HINT_T0);
        }
        __m512i v = two_blocks_q8_0(p, second);
        UNROLL for (int r = 0; r < R; r++) {
            const uint8_t *q = x + r * x_bytes + 32 * b;
            __m512i xv = second ? vi_load(q) : _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)q));
            dot[r][i] = _mm512_dpbusd_epi32(_mm512_setzero_si512(), v, xv);
        }
    }
    __m512 d = two_scales_q8_0(w, b * BLOCK_Q8, second);
    UNROLL for (int r = 0; r < R; r++) {
        const uint8_t *n = x + r * x_bytes + l->n32 + 4 * b, *dx = x + r * x_bytes + l->d + 4 * b;
        __m512i start = _mm512_inserti64x4(
                _mm512_set1_epi32((int)load_u32(n)), _mm256_set1_epi32(second ? (int)load_u32(n + 4) : 0), 1);
        __m512 whole = _mm512_cvtepi32_ps(_mm512_add_epi32(half_sums8(dot[r]), start));
        __m512 scale = _mm512_mul_ps(d, two_of(load_f32(dx), second ? load_f32(dx + 4) : 0));
        sum[r] = _mm256_fmadd_ps(_mm512_castps512_ps256(whole), _mm512_castps512_ps256(scale), sum[r]);
        if (second) {
            sum[r] = _mm256_fmadd_ps(_mm512_extractf32x8_ps(whole, 1), _mm512_extractf32x8_ps(scale, 1), sum[r]);
        }
    }
}

/* Outputs [out, out + 8) of R rows. */
INLINE void gemv_q8_0(const int R, const struct sluice_matmul_args *a, int64_t row, int64_t out) {
    const struct sluice_int8_row l = sluice_int8_layout(SLUICE_KIND_INT8_32, a->columns);
    const uint8_t *x = a->x + row * a->x_row_bytes;
    const int64_t blocks = a->columns / 32, ahead = row == 0 ? gemv_ahead(a->w_row_bytes, 8) : 0;
    const uint8_t *w[8];
    UNROLL for (int i = 0; i < 8; i++) { w[i] = sluice_weight_row(a, out + i); }
    __m256 sum[4];
    UNROLL for (int r = 0; r < R; r++) { sum[r] = _mm256_setzero_ps(); }
    int64_t b = 0;
    for (; b + 2 <= blocks; b += 2) {
        gemv_q8_0_pair(R, w, x, a->x_row_bytes, &l, b, 1, sum, ahead);
    }
    if (b < blocks) {
        gemv_q8_0_pair(R, w, x, a->x_row_bytes, &l, b, 0, sum, 0);
    }
    const int64_t n = a->out_end - out;
    UNROLL for (int r = 0; r < R; r++) {
        _mm256_mask_storeu_ps(a->y + (row + r) * a->y_stride + out, (__mmask8)(n >= 8 ? 0xff : (1 << n) - 1), sum[r]);
    }
}

static int gemv_32(const struct sluice_matmul_args *a) {
    if (a->type != SLUICE_Q8_0 || a->rows > 12) {
        return 0;
    }
    /* A block of weights meets all rows while it is cached. */
    for (int64_t out = a->out_begin; out < a->out_end; out += 8) {
        int64_t row = 0;
        for (; row + 4 <= a->rows; row += 4) {
            gemv_q8_0(4, a, row, out);
        }
        switch (a->rows - row) {
            case 1: gemv_q8_0(1, a, row, out); break;
            case 2: gemv_q8_0(2, a, row, out); break;
            case 3: gemv_q8_0(3, a, row, out); break;
            default: break;
        }
    }
    return 1;
}

#endif
