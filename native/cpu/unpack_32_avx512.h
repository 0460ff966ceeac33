/* Formats with a float scale per 32 codes or fewer, two blocks of 32 at a time. */
#ifndef SLUICE_UNPACK_32_AVX512_H
#define SLUICE_UNPACK_32_AVX512_H

#include "decode_32.h"

/* Bytes of 32 codes; NVFP4's blocks hold twice as many and are never divided. */
INLINE int64_t group_bytes(int32_t type) {
    return type == SLUICE_NVFP4 ? 18 : sluice_format_of(type).bytes;
}

/* Where codes begin in a block. */
INLINE int code_begin(int32_t type) {
    switch (type) {
        case SLUICE_MXFP4: return 1;
        case SLUICE_Q4_1: return 4;
        case SLUICE_Q5_0: return 6;
        case SLUICE_Q5_1: return 8;
        default: return 2;
    }
}

/* The table's 16 values, 128 above what they stand for, in each quarter. */
INLINE __m512i flipped_table(const int8_t *values) {
    return _mm512_xor_si512(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)values)), _mm512_set1_epi8((char)0x80));
}

/* Half bytes: of each run of 16 bytes the low ones, then the high ones. */
INLINE __m512i two_runs_of_halves(const uint8_t *p, const uint8_t *q) {
    __m512i v = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)p));
    v = _mm512_mask_broadcast_i32x4(v, 0xff00, _mm_loadu_si128((const __m128i *)q));
    v = _mm512_mask_srli_epi16(v, 0xff00ff00, v, 4);
    return _mm512_and_si512(v, _mm512_set1_epi8(15));
}

/* The same for the runs of 8 bytes in a block of NVFP4. */
INLINE __m512i four_runs_of_halves(const uint8_t *p) {
    const __m512i twice = _mm512_set_epi64(3, 3, 2, 2, 1, 1, 0, 0);
    __m512i v = _mm512_permutexvar_epi64(twice, _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)p)));
    v = _mm512_mask_srli_epi16(v, 0xf0f0f0f0, v, 4);
    return _mm512_and_si512(v, _mm512_set1_epi8(15));
}

/* Codes of the group at p and of the next, 128 above their value; the second half is anything where there is none. */
INLINE __m512i two_groups(int32_t type, const uint8_t *p, const int second) {
    const uint8_t *q = second ? p + group_bytes(type) : p;
    const int at = code_begin(type);
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    if (type == SLUICE_NVFP4) {
        return _mm512_shuffle_epi8(flipped_table(sluice_fp4_values), four_runs_of_halves(p + 4));
    }
    if (type == SLUICE_Q8_0) {
        __m512i v = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(p + at)));
        return _mm512_xor_si512(_mm512_inserti64x4(v, _mm256_loadu_si256((const __m256i *)(q + at)), 1), flip);
    }
    __m512i v = two_runs_of_halves(p + at, q + at);
    if (type == SLUICE_Q5_0 || type == SLUICE_Q5_1) {
        const __mmask64 fifth = load_u32(p + at - 4) | (__mmask64)load_u32(q + at - 4) << 32;
        v = _mm512_mask_add_epi8(v, fifth, v, _mm512_set1_epi8(16));
    }
    switch (type) {
        case SLUICE_Q4_0: return _mm512_add_epi8(v, _mm512_set1_epi8(128 - 8));
        case SLUICE_Q5_0: return _mm512_add_epi8(v, _mm512_set1_epi8(128 - 16));
        case SLUICE_IQ4_NL: return _mm512_shuffle_epi8(flipped_table(sluice_iq4_values), v);
        case SLUICE_MXFP4: return _mm512_shuffle_epi8(flipped_table(sluice_fp4_values), v);
        default: return _mm512_or_si512(v, flip);
    }
}

#endif
