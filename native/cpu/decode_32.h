/* Formats with a float scale per 32 codes or fewer: value = d * code + m. One function per format decodes one block. */
#ifndef SLUICE_DECODE_32_H
#define SLUICE_DECODE_32_H

#include "grids.h"
#include "kernels.h"
#include "simd.h"

static const int8_t sluice_iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
/* Twice the e2m1 values, so that they are integers. */
static const int8_t sluice_fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/* Eight bytes are worked on at a time where they can be, as the bytes of one number. */
#define EACH_BYTE 0x0101010101010101ull

static const int8_t sluice_half_values[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const int8_t sluice_q4_0_values[16] = {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7};

/* What low half bytes stand for, then the high ones. */
INLINE void decode_table(const uint8_t *qs, const int8_t *values, int half, int8_t *code) {
#if defined(__AVX2__)
    if (half == 16) {
        const __m128i q = _mm_loadu_si128((const __m128i *)qs), v = _mm_loadu_si128((const __m128i *)values), four = _mm_set1_epi8(15);
        _mm_storeu_si128((__m128i *)code, _mm_shuffle_epi8(v, _mm_and_si128(q, four)));
        _mm_storeu_si128((__m128i *)(code + 16), _mm_shuffle_epi8(v, _mm_and_si128(_mm_srli_epi16(q, 4), four)));
        return;
    }
    if (half == 8) {
        const __m128i q = _mm_loadl_epi64((const __m128i *)qs), v = _mm_loadu_si128((const __m128i *)values);
        const __m128i both = _mm_and_si128(_mm_unpacklo_epi64(q, _mm_srli_epi16(q, 4)), _mm_set1_epi8(15));
        _mm_storeu_si128((__m128i *)code, _mm_shuffle_epi8(v, both));
        return;
    }
#elif defined(__aarch64__)
    if (half == 16) {
        const uint8x16_t q = vld1q_u8(qs);
        const int8x16_t v = vld1q_s8(values);
        vst1q_s8(code, vqtbl1q_s8(v, vandq_u8(q, vdupq_n_u8(15))));
        vst1q_s8(code + 16, vqtbl1q_s8(v, vshrq_n_u8(q, 4)));
        return;
    }
    if (half == 8) {
        const uint8x8_t q = vld1_u8(qs);
        vst1q_s8(code, vqtbl1q_s8(vld1q_s8(values), vcombine_u8(vand_u8(q, vdup_n_u8(15)), vshr_n_u8(q, 4))));
        return;
    }
#endif
    for (int i = 0; i < half; i++) {
        code[i] = values[qs[i] & 15];
        code[i + half] = values[qs[i] >> 4];
    }
}

INLINE void decode_q4_0(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_table(b + 2, sluice_q4_0_values, 16, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

INLINE void decode_q4_1(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_table(b + 4, sluice_half_values, 16, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = float_of_f16(load_u16(b + 2));
}

INLINE void decode_q5(const uint8_t *qh, const uint8_t *qs, int offset, int8_t *code) {
    const uint32_t high = load_u32(qh);
#if defined(__AVX2__)
    const __m128i q = _mm_loadu_si128((const __m128i *)qs);
    const __m256i halves = _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(q, 4), q), _mm256_set1_epi8(15));
    const __m256i spread = _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
    const __m256i each = _mm256_set1_epi64x((int64_t)0x8040201008040201ull);
    const __m256i bits = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32((int)high), spread), each);
    const __m256i fifth = _mm256_and_si256(_mm256_cmpeq_epi8(bits, each), _mm256_set1_epi8(16));
    _mm256_storeu_si256((__m256i *)code, _mm256_sub_epi8(_mm256_add_epi8(halves, fifth), _mm256_set1_epi8((char)offset)));
#else
    decode_table(qs, sluice_half_values, 16, code);
    for (int i = 0; i < 4; i++) {
        /* Eight bytes as the bytes of one number; the top bit keeps them apart. */
        uint64_t c;
        memcpy(&c, code + 8 * i, 8);
        c = ((c + 16 * sluice_bytes_of_bits[high >> 8 * i & 255]) | 0x80 * EACH_BYTE) - (uint64_t)offset * EACH_BYTE;
        c ^= 0x80 * EACH_BYTE;
        memcpy(code + 8 * i, &c, 8);
    }
#endif
}

INLINE void decode_q5_0(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_q5(b + 2, b + 6, 16, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

INLINE void decode_q5_1(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_q5(b + 4, b + 8, 0, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = float_of_f16(load_u16(b + 2));
}

INLINE void decode_q8_0(const uint8_t *b, int8_t *code, float *d, float *m) {
    memcpy(code, b + 2, 32);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

INLINE void decode_iq4_nl(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_table(b + 2, sluice_iq4_values, 16, code);
    d[0] = d[1] = float_of_f16(load_u16(b));
    m[0] = 0;
}

/* Half of 2^(e - 127), as the codes are doubled; e below 2 is subnormal. */
INLINE float half_of_e8m0(uint8_t e) {
    return float_of_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

INLINE void decode_mxfp4(const uint8_t *b, int8_t *code, float *d, float *m) {
    decode_table(b + 1, sluice_fp4_values, 16, code);
    d[0] = d[1] = half_of_e8m0(b[0]);
    m[0] = 0;
}

/* Unsigned e4m3 without its top bit, halved as the codes are doubled; 0x7f counts as zero. */
INLINE float half_of_ue4m3(uint8_t v) {
    int e = v >> 3 & 15, f = v & 7;
    return v == 0x7f || v == 0 ? 0 : e ? float_of_bits((uint32_t)(e + 119) << 23 | (uint32_t)f << 20) : (float)f * 0x1p-10f;
}

/* Half h of an NVFP4 block of 64. */
INLINE void decode_nvfp4(const uint8_t *b, int h, int8_t *code, float *d, float *m) {
    for (int i = 0; i < 2; i++) {
        decode_table(b + 4 + 8 * (2 * h + i), sluice_fp4_values, 8, code + 16 * i);
        d[i] = half_of_ue4m3(b[2 * h + i]);
    }
    m[0] = 0;
}

/* Codes [32 * group, 32 * group + 32) of a row: d[0], d[1] are the scales of its halves, m its offset. */
INLINE void decode_32(int32_t type, const uint8_t *row, int64_t group, int8_t *code, float *d, float *m) {
    switch (type) {
        case SLUICE_Q4_0: decode_q4_0(row + 18 * group, code, d, m); break;
        case SLUICE_Q4_1: decode_q4_1(row + 20 * group, code, d, m); break;
        case SLUICE_Q5_0: decode_q5_0(row + 22 * group, code, d, m); break;
        case SLUICE_Q5_1: decode_q5_1(row + 24 * group, code, d, m); break;
        case SLUICE_Q8_0: decode_q8_0(row + 34 * group, code, d, m); break;
        case SLUICE_IQ4_NL: decode_iq4_nl(row + 18 * group, code, d, m); break;
        case SLUICE_MXFP4: decode_mxfp4(row + 17 * group, code, d, m); break;
        case SLUICE_NVFP4: decode_nvfp4(row + 36 * (group / 2), (int)(group & 1), code, d, m); break;
        default: __builtin_unreachable();
    }
}

#endif
