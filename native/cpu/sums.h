/* Sums over lanes of many vectors at once. */
#ifndef SLUICE_SUMS_H
#define SLUICE_SUMS_H

#include "simd.h"

/* dst[i] = sum of the lanes of v[i]; 16 vectors. */
INLINE void sums16(const vf *v, float *dst) {
#if VL == 16
    /* Adds halves of pairs until each lane is one vector's sum. */
    __m512 a[8], b[4], c[2];
    UNROLL for (int i = 0; i < 8; i++) {
        a[i] = _mm512_add_ps(_mm512_unpacklo_ps(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_ps(v[2 * i], v[2 * i + 1]));
    }
    UNROLL for (int i = 0; i < 4; i++) {
        __m512d x = _mm512_castps_pd(a[2 * i]), y = _mm512_castps_pd(a[2 * i + 1]);
        b[i] = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
    }
    UNROLL for (int i = 0; i < 2; i++) {
        c[i] = _mm512_add_ps(
                _mm512_shuffle_f32x4(b[2 * i], b[2 * i + 1], 0x88), _mm512_shuffle_f32x4(b[2 * i], b[2 * i + 1], 0xdd));
    }
    _mm512_storeu_ps(dst, _mm512_add_ps(_mm512_shuffle_f32x4(c[0], c[1], 0x88), _mm512_shuffle_f32x4(c[0], c[1], 0xdd)));
#else
    for (int i = 0; i < 16; i++) {
        dst[i] = vf_sum(v[i]);
    }
#endif
}

#if VL == 16
/* Lane i = sum of the lanes of v[i]; 16 vectors of int32. */
INLINE __m512i int_sums16(const __m512i *v) {
    __m512i a[8], b[4], c[2];
    UNROLL for (int i = 0; i < 8; i++) {
        a[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]), _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]));
    }
    UNROLL for (int i = 0; i < 4; i++) {
        b[i] = _mm512_add_epi32(
                _mm512_unpacklo_epi64(a[2 * i], a[2 * i + 1]), _mm512_unpackhi_epi64(a[2 * i], a[2 * i + 1]));
    }
    UNROLL for (int i = 0; i < 2; i++) {
        c[i] = _mm512_add_epi32(
                _mm512_shuffle_i32x4(b[2 * i], b[2 * i + 1], 0x88), _mm512_shuffle_i32x4(b[2 * i], b[2 * i + 1], 0xdd));
    }
    return _mm512_add_epi32(_mm512_shuffle_i32x4(c[0], c[1], 0x88), _mm512_shuffle_i32x4(c[0], c[1], 0xdd));
}
#endif

#endif
