/*
 * One vocabulary of vector operations for all variants: vf holds VL floats, vi as many int32. Products of codes are
 * int8 x int8 in groups of four per lane; variants whose instruction wants unsigned weights store weights with an offset of
 * 128 (CODE_FLIP) and start sums at n = -128 * sum of activations (CODE_START).
 */
#ifndef SLUICE_SIMD_H
#define SLUICE_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(SLUICE_SMALL)
#define INLINE static inline __attribute__((unused))
#else
#define INLINE static inline __attribute__((always_inline))
#endif
/* A function of a header that not every file uses. */
#define SHARED static __attribute__((unused))
#if defined(SLUICE_SMALL)
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

INLINE uint16_t load_u16(const void *p) {
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
INLINE uint32_t load_u32(const void *p) {
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
INLINE uint64_t load_u64(const void *p) {
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
INLINE float load_f32(const void *p) {
    float v;
    memcpy(&v, p, 4);
    return v;
}
INLINE float float_of_bits(uint32_t u) {
    float v;
    memcpy(&v, &u, 4);
    return v;
}
INLINE uint32_t bits_of_float(float f) {
    uint32_t v;
    memcpy(&v, &f, 4);
    return v;
}
INLINE float float_of_bf16(uint16_t h) {
    return float_of_bits((uint32_t)h << 16);
}
INLINE uint16_t bf16_of_float(float f) {
    uint32_t u = bits_of_float(f);
    if ((u & 0x7fffffff) > 0x7f800000) {
        return (uint16_t)(u >> 16 | 0x40);
    }
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
/* OCP e4m3fn: bias 7, subnormals, NaN at 0x7f. */
INLINE float float_of_e4m3(uint8_t v) {
    uint32_t e = v >> 3 & 15, m = v & 7;
    float f = e == 15 && m == 7 ? NAN : e ? float_of_bits((e + 120) << 23 | m << 20) : (float)m * 0x1p-9f;
    return v & 0x80 ? -f : f;
}

#if defined(__AVX512F__)
#include "simd_avx512.h"
#elif defined(__AVX2__)
#include "simd_avx2.h"
#else
#include "simd_portable.h"
#endif

/* Vectors that 16 outputs take. */
#define LANES16 (16 / VL)

/*
 * How far ahead to prefetch a group of weight rows that are walked through together: far down the row where it is long, or to the same
 * place of the next group.
 */
INLINE int64_t gemv_ahead(int64_t row_bytes, int64_t rows) {
    return row_bytes >= 8192 ? 2048 : rows * row_bytes;
}

/* The same, at least 4 KiB: groups of short rows are through before memory has answered. */
INLINE int64_t far_ahead(int64_t row_bytes, int64_t rows) {
    const int64_t group = gemv_ahead(row_bytes, rows);
    return group >= 4096 ? group : (4096 + group - 1) / group * group;
}

INLINE vf vf_load_part(const float *p, int64_t n) {
    return n >= VL ? vf_load(p) : vf_load_tail(p, (int)n);
}
INLINE void vf_store_part(float *p, vf v, int64_t n) {
    if (n >= VL) {
        vf_store(p, v);
    } else {
        vf_store_tail(p, v, (int)n);
    }
}

#endif
