/* Q4_K and Q5_K into staging: the scales of 16 rows become lanes together instead of one by one. */
#ifndef SLUICE_FILL_AVX2_H
#define SLUICE_FILL_AVX2_H

#include "decode_k.h"

/* bytes[k] = byte k of 16 words. */
INLINE void bytes_of_rows(const uint64_t *words, __m128i *bytes) {
    __m128i a[8], b[8], c[8];
    UNROLL for (int i = 0; i < 8; i++) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(words + 2 * i));
        a[i] = _mm_unpacklo_epi8(v, _mm_srli_si128(v, 8));
    }
    /* Four rows a vector, eight, then all 16; the first half of each run has the lower bytes. */
    UNROLL for (int i = 0; i < 4; i++) {
        b[i] = _mm_unpacklo_epi16(a[2 * i], a[2 * i + 1]);
        b[4 + i] = _mm_unpackhi_epi16(a[2 * i], a[2 * i + 1]);
    }
    UNROLL for (int i = 0; i < 4; i++) {
        c[2 * i] = _mm_unpacklo_epi32(b[2 * i], b[2 * i + 1]);
        c[2 * i + 1] = _mm_unpackhi_epi32(b[2 * i], b[2 * i + 1]);
    }
    /* c: rows 0 to 7 and 8 to 15 of bytes 0 and 1, 2 and 3, of 4 and 5, 6 and 7 */
    UNROLL for (int h = 0; h < 2; h++) {
        UNROLL for (int i = 0; i < 2; i++) {
            bytes[4 * h + 2 * i] = _mm_unpacklo_epi64(c[4 * h + i], c[4 * h + 2 + i]);
            bytes[4 * h + 2 * i + 1] = _mm_unpackhi_epi64(c[4 * h + i], c[4 * h + 2 + i]);
        }
    }
}

/* Half bytes of Q4_K and Q5_K; of the latter's high bits, bit 2 j goes with the low halves of run j, bit 2 j + 1 with the high ones. */
INLINE void codes_of_halves(const uint8_t *qs, const uint8_t *qh, int8_t *code) {
    const __m256i four = _mm256_set1_epi8(15), fifth = _mm256_set1_epi8(16);
    __m256i high = qh ? vi_load(qh) : vi_zero();
    UNROLL for (int j = 0; j < 4; j++) {
        const __m256i q = vi_load(qs + 32 * j);
        __m256i low_half = _mm256_and_si256(q, four), high_half = _mm256_and_si256(_mm256_srli_epi16(q, 4), four);
        if (qh) {
            low_half = _mm256_or_si256(low_half, _mm256_and_si256(_mm256_slli_epi16(high, 4), fifth));
            high_half = _mm256_or_si256(high_half, _mm256_and_si256(_mm256_slli_epi16(high, 3), fifth));
            high = _mm256_srli_epi16(high, 2);
        }
        vi_store(code + 64 * j, low_half);
        vi_store(code + 64 * j + 32, high_half);
    }
}

INLINE void stage_q4_k(int32_t type, const uint8_t *const *rows, int64_t block, struct staging *t, struct panel256 *p) {
    uint64_t scales[16], minima[16];
    for (int r = 0; r < 16; r++) {
        const uint8_t *b = rows[r] + block * sluice_format_of(type).bytes;
        if (type == SLUICE_Q4_K) {
            codes_of_halves(b + 16, 0, t->code[r]);
        } else {
            codes_of_halves(b + 48, b + 16, t->code[r]);
        }
        scales_q4_k(b + 4, &scales[r], &minima[r]);
        p->d[r] = float_of_f16(load_u16(b));
        p->minus_dmin[r] = -float_of_f16(load_u16(b + 2));
    }
    __m128i s[8], m[8];
    bytes_of_rows(scales, s);
    bytes_of_rows(minima, m);
    UNROLL for (int k = 0; k < 8; k++) {
        vi_store(p->scale[k], _mm256_cvtepu8_epi32(s[k]));
        vi_store(p->scale[k] + 8, _mm256_cvtepu8_epi32(_mm_srli_si128(s[k], 8)));
    }
    UNROLL for (int j = 0; j < 4; j++) {
        vi_store(p->minimum[j][0], _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(m[2 * j], m[2 * j + 1])));
        vi_store(p->minimum[j][8], _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(m[2 * j], m[2 * j + 1])));
    }
}

#endif
