/* From 16 rows to panels in which the rows are lanes. */
#ifndef SLUICE_TRANSPOSE_H
#define SLUICE_TRANSPOSE_H

#include "simd.h"

/*
 * out[e][r] = element e of row r ^ flip, for elements of four bytes, e in [0, count), count a multiple of 4. This is float k of 16
 * rows, or four int8 codes, or a pair of bf16.
 */
INLINE void transpose16(const uint8_t *const *rows, int64_t offset, int count, uint32_t flip, uint8_t *out) {
#if VL == 16
    const __m512i f = _mm512_set1_epi32((int)flip);
    for (int e = 0; e < count; e += 4) {
        __m512i t[4];
        UNROLL for (int i = 0; i < 4; i++) {
            /* Quarter j holds row 4 j + i, so that unpacking within quarters leaves the rows in order. */
            int64_t o = offset + 4 * e;
            __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(rows[i] + o)));
            v = _mm512_mask_broadcast_i32x4(v, 0x00f0, _mm_loadu_si128((const __m128i *)(rows[4 + i] + o)));
            v = _mm512_mask_broadcast_i32x4(v, 0x0f00, _mm_loadu_si128((const __m128i *)(rows[8 + i] + o)));
            v = _mm512_mask_broadcast_i32x4(v, 0xf000, _mm_loadu_si128((const __m128i *)(rows[12 + i] + o)));
            t[i] = _mm512_xor_si512(v, f);
        }
        __m512i a = _mm512_unpacklo_epi32(t[0], t[1]), b = _mm512_unpackhi_epi32(t[0], t[1]);
        __m512i c = _mm512_unpacklo_epi32(t[2], t[3]), d = _mm512_unpackhi_epi32(t[2], t[3]);
        uint8_t *q = out + 64 * e;
        _mm512_storeu_si512(q, _mm512_unpacklo_epi64(a, c));
        _mm512_storeu_si512(q + 64, _mm512_unpackhi_epi64(a, c));
        _mm512_storeu_si512(q + 128, _mm512_unpacklo_epi64(b, d));
        _mm512_storeu_si512(q + 192, _mm512_unpackhi_epi64(b, d));
    }
#elif VL == 8
    (void)flip;
    for (int e = 0; e < count; e += 4) {
        UNROLL for (int h = 0; h < 2; h++) {
            __m256i t[4];
            UNROLL for (int i = 0; i < 4; i++) {
                int64_t o = offset + 4 * e;
                t[i] = _mm256_inserti128_si256(
                        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(rows[8 * h + i] + o))),
                        _mm_loadu_si128((const __m128i *)(rows[8 * h + 4 + i] + o)), 1);
            }
            __m256i a = _mm256_unpacklo_epi32(t[0], t[1]), b = _mm256_unpackhi_epi32(t[0], t[1]);
            __m256i c = _mm256_unpacklo_epi32(t[2], t[3]), d = _mm256_unpackhi_epi32(t[2], t[3]);
            uint8_t *q = out + 64 * e + 32 * h;
            _mm256_storeu_si256((__m256i *)q, _mm256_unpacklo_epi64(a, c));
            _mm256_storeu_si256((__m256i *)(q + 64), _mm256_unpackhi_epi64(a, c));
            _mm256_storeu_si256((__m256i *)(q + 128), _mm256_unpacklo_epi64(b, d));
            _mm256_storeu_si256((__m256i *)(q + 192), _mm256_unpackhi_epi64(b, d));
        }
    }
#else
    for (int e = 0; e < count; e++) {
        for (int r = 0; r < 16; r++) {
            uint32_t v = load_u32(rows[r] + offset + 4 * e) ^ flip;
            memcpy(out + 64 * e + 4 * r, &v, 4);
        }
    }
#endif
}

#endif
