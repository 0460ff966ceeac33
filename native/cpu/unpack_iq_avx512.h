/* IQ formats for products where they lie. Grids are looked up 32 entries at a time in registers; a mask carries the signs. */
#ifndef SLUICE_UNPACK_IQ_AVX512_H
#define SLUICE_UNPACK_IQ_AVX512_H

#include "unpack_k_avx512.h"

/* 32 words of a table of 64 * tables entries, by words below that. */
INLINE __m512i look_up(const uint16_t *table, const int tables, __m512i index) {
    __m512i r[16];
    UNROLL for (int i = 0; i < tables; i++) {
        r[i] = _mm512_permutex2var_epi16(vi_load(table + 64 * i), index, vi_load(table + 64 * i + 32));
    }
    UNROLL for (int step = 1, bit = 64; step < tables; step *= 2, bit *= 2) {
        __mmask32 m = _mm512_test_epi16_mask(index, _mm512_set1_epi16((int16_t)bit));
        UNROLL for (int i = 0; i + step < tables; i += 2 * step) { r[i] = _mm512_mask_mov_epi16(r[i], m, r[i + step]); }
    }
    return r[0];
}

/* Eight values of two bits from each of 32 entries; values repeat every 4 bytes. */
INLINE void expand_grid_2(const struct looked_up *l, __m512i values, struct unpacked256 *u) {
    const __m512i shifts = _mm512_set1_epi64(0x0e0c0a0806040200);
    UNROLL for (int v = 0; v < 4; v++) {
        __m512i e = _mm512_cvtepu16_epi64(_mm_load_si128((const __m128i *)(l->entry + 8 * v)));
        u->code[v] = _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(shifts, e), values);
    }
}

/* Four values of three bits from each of 64 entries; values repeat every 8 bytes. */
INLINE void expand_grid_3(const struct looked_up *l, __m512i values, struct unpacked256 *u) {
    const __m512i shifts = _mm512_set1_epi64(0x2926232009060300);
    UNROLL for (int v = 0; v < 4; v++) {
        __m512i e = _mm512_cvtepu16_epi32(_mm256_load_si256((const __m256i *)(l->entry + 16 * v)));
        u->code[v] = _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(shifts, e), values);
    }
}

/* 32 fields of seven bits, an eighth makes the number of ones even. */
INLINE void look_up_sevens(__m256i k, struct looked_up *l) {
    k = _mm256_and_si256(k, _mm256_set1_epi8(0x7f));
    /* k | (ones << 7 & 0x80) */
    k = _mm256_ternarylogic_epi32(k, _mm256_slli_epi16(_mm256_popcnt_epi8(k), 7), _mm256_set1_epi8((char)0x80), 0xf8);
    _mm256_storeu_si256((__m256i *)l->sign, k);
}

/* Words i0..i3 of eight, spread over the words of the four quarters. */
INLINE __m512i spread_words(__m512i eight, int i0, int i1, int i2, int i3) {
    const int w0 = 0x01000100 + i0 * 0x02020202, w1 = 0x01000100 + i1 * 0x02020202, w2 = 0x01000100 + i2 * 0x02020202,
              w3 = 0x01000100 + i3 * 0x02020202;
    return _mm512_shuffle_epi8(
            eight, _mm512_set_epi32(w3, w3, w3, w3, w2, w2, w2, w2, w1, w1, w1, w1, w0, w0, w0, w0));
}

/* Eight 32-bit words whose top four bits are scales s, meant as 2 s + 1, over fields of seven sign bits. */
INLINE void look_up_scales_and_signs(__m256i words, struct looked_up *l) {
    __m256i s = _mm256_or_si256(_mm256_slli_epi32(_mm256_srli_epi32(words, 28), 1), _mm256_set1_epi32(1));
    _mm_storel_epi64((__m128i *)l->scale, _mm256_cvtepi32_epi8(s));
    look_up_sevens(_mm256_multishift_epi64_epi8(_mm256_set1_epi64x(0x352e2720150e0700), words), l);
}

/* Bytes of two scales each, meant as 2 s + 1. */
INLINE void look_up_nibbles(__m128i bytes, struct looked_up *l) {
    __m128i b = _mm_cvtepu8_epi16(bytes);
    b = _mm_and_si128(_mm_or_si128(b, _mm_slli_epi16(b, 4)), _mm_set1_epi8(15));
    _mm_storeu_si128((__m128i *)l->scale, _mm_or_si128(_mm_add_epi8(b, b), _mm_set1_epi8(1)));
}

/* Signed scales per 32 columns, in order. */
INLINE void unpack_scales_32(const struct looked_up *l, struct unpacked256 *u) {
    __m512i s = _mm512_broadcast_i32x4(_mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)l->scale)));
    UNROLL for (int v = 0; v < 4; v++) { u->scale[v] = spread_words(s, 2 * v, 2 * v, 2 * v + 1, 2 * v + 1); }
}

/* Signed scales per 16 columns, in order. */
INLINE void unpack_scales_16(const struct looked_up *l, struct unpacked256 *u) {
    __m512i s = _mm512_castsi256_si512(_mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)l->scale)));
    UNROLL for (int v = 0; v < 4; v++) { u->scale[v] = _mm512_permutexvar_epi16(quarter_words(v), s); }
}

INLINE void unpack_signs(const struct looked_up *l, struct unpacked256 *u) {
    UNROLL for (int v = 0; v < 4; v++) { u->negative[v] = (__mmask64)l->sign[v]; }
}

#define VALUES_IQ2 _mm512_set1_epi32(0x002b1908)
#define VALUES_IQ3_XXS _mm512_set1_epi64(0x3e342c241c140c04)
#define VALUES_IQ3_S _mm512_set1_epi64(0x0f0d0b0907050301)

INLINE void look_up_iq2_xxs(const uint8_t *b, struct looked_up *l) {
    __m512i v = vi_load(b + 2);
    vi_store(l->entry, look_up(sluice_grid_iq2_xxs, 4, _mm512_cvtepu8_epi16(_mm512_cvtepi64_epi32(v))));
    look_up_scales_and_signs(_mm512_cvtepi64_epi32(_mm512_srli_epi64(v, 32)), l);
}

INLINE void look_up_iq2_xs(const uint8_t *b, struct looked_up *l) {
    __m512i q = vi_load(b + 2);
    vi_store(l->entry, look_up(sluice_grid_iq2_xs, 8, q));
    look_up_sevens(_mm512_cvtepi16_epi8(_mm512_srli_epi16(q, 9)), l);
    look_up_nibbles(_mm_loadl_epi64((const __m128i *)(b + 66)), l);
}

INLINE void look_up_iq2_s(const uint8_t *b, struct looked_up *l) {
    /* Byte j of qh holds two bits for each of four groups. */
    __m512i h = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(b + 66)));
    h = _mm512_and_si512(_mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x3806380438023800), h), _mm512_set1_epi16(3));
    __m512i index = _mm512_or_si512(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(b + 2))), _mm512_slli_epi16(h, 8));
    vi_store(l->entry, look_up(sluice_grid_iq2_s, 16, index));
    memcpy(l->sign, b + 34, 32);
    look_up_nibbles(_mm_loadl_epi64((const __m128i *)(b + 74)), l);
}

INLINE void look_up_iq3_xxs(const uint8_t *b, struct looked_up *l) {
    UNROLL for (int h = 0; h < 2; h++) {
        __m512i index = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(b + 2 + 32 * h)));
        vi_store(l->entry + 32 * h, look_up(sluice_grid_iq3_xxs, 4, index));
    }
    look_up_scales_and_signs(_mm256_loadu_si256((const __m256i *)(b + 66)), l);
}

INLINE void look_up_iq3_s(const uint8_t *b, struct looked_up *l) {
    UNROLL for (int h = 0; h < 2; h++) {
        __m512i index = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(b + 2 + 32 * h)));
        index = _mm512_mask_add_epi16(index, load_u32(b + 66 + 4 * h), index, _mm512_set1_epi16(256));
        vi_store(l->entry + 32 * h, look_up(sluice_grid_iq3_s, 8, index));
    }
    memcpy(l->sign, b + 74, 32);
    look_up_nibbles(_mm_cvtsi32_si128((int)load_u32(b + 106)), l);
}

INLINE void look_up_iq4_xs(const uint8_t *b, struct looked_up *l) {
    uint64_t low = load_u32(b + 4), high = load_u16(b + 2);
    low = (low | low << 16) & 0x0000ffff0000ffff;
    low = (low | low << 8) & 0x00ff00ff00ff00ff;
    low = (low | low << 4) & 0x0f0f0f0f0f0f0f0f;
    high = (high | high << 24) & 0x000000ff000000ff;
    high = (high | high << 12) & 0x000f000f000f000f;
    high = (high | high << 6) & 0x0303030303030303;
    uint64_t s = low | high << 4;
    memcpy(l->scale, &s, 8);
}

INLINE void unpack_iq4_xs(const uint8_t *b, const struct looked_up *l, struct unpacked256 *u) {
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i values = _mm512_broadcast_i32x4(_mm_abs_epi8(_mm_loadu_si128((const __m128i *)sluice_iq4_values)));
    UNROLL for (int h = 0; h < 2; h++) {
        __m512i v = vi_load(b + 8 + 64 * h);
        u->code[2 * h] = _mm512_shuffle_epi8(values, _mm512_and_si512(v, nibble));
        u->code[2 * h + 1] = _mm512_shuffle_epi8(values, _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble));
        /* The first eight values are the negative ones. */
        u->negative[2 * h] = _mm512_testn_epi8_mask(v, _mm512_set1_epi8(0x08));
        u->negative[2 * h + 1] = _mm512_testn_epi8_mask(v, _mm512_set1_epi8((char)0x80));
    }
    __m128i s = _mm_sub_epi8(_mm_loadl_epi64((const __m128i *)l->scale), _mm_set1_epi8(32));
    __m512i words = _mm512_broadcast_i32x4(_mm_cvtepi8_epi16(s));
    u->scale[0] = u->scale[1] = spread_words(words, 0, 1, 2, 3);
    u->scale[2] = u->scale[3] = spread_words(words, 4, 5, 6, 7);
}

INLINE void unpack_tq2_0(const uint8_t *b, struct unpacked256 *u) {
    unpack_pairs_of_bits(b, u->code);
    UNROLL for (int v = 0; v < 4; v++) { u->scale[v] = _mm512_set1_epi16(1); }
    u->below = _mm256_set1_epi16(1);
}

/* First pass over a block. */
INLINE void look_up_256(int32_t type, const uint8_t *b, struct looked_up *l) {
    switch (type) {
        case SLUICE_Q3_K: look_up_q3_k(b, l); break;
        case SLUICE_Q4_K:
        case SLUICE_Q5_K: look_up_q4_k(b, l); break;
        case SLUICE_IQ2_XXS: look_up_iq2_xxs(b, l); break;
        case SLUICE_IQ2_XS: look_up_iq2_xs(b, l); break;
        case SLUICE_IQ2_S: look_up_iq2_s(b, l); break;
        case SLUICE_IQ3_XXS: look_up_iq3_xxs(b, l); break;
        case SLUICE_IQ3_S: look_up_iq3_s(b, l); break;
        case SLUICE_IQ4_XS: look_up_iq4_xs(b, l); break;
        default: break;
    }
}

/* Second pass. */
INLINE void unpack_256(int32_t type, const uint8_t *b, const struct looked_up *l, struct unpacked256 *u) {
    switch (type) {
        case SLUICE_Q2_K: unpack_q2_k(b, u); break;
        case SLUICE_Q3_K: unpack_q3_k(b, l, u); break;
        case SLUICE_Q4_K: unpack_q4_k(b, l, u); break;
        case SLUICE_Q5_K: unpack_q5_k(b, l, u); break;
        case SLUICE_Q6_K: unpack_q6_k(b, u); break;
        case SLUICE_IQ2_XXS:
            expand_grid_2(l, VALUES_IQ2, u);
            unpack_signs(l, u);
            unpack_scales_32(l, u);
            break;
        case SLUICE_IQ2_XS:
        case SLUICE_IQ2_S:
            expand_grid_2(l, VALUES_IQ2, u);
            unpack_signs(l, u);
            unpack_scales_16(l, u);
            break;
        case SLUICE_IQ3_XXS:
        case SLUICE_IQ3_S:
            expand_grid_3(l, type == SLUICE_IQ3_S ? VALUES_IQ3_S : VALUES_IQ3_XXS, u);
            unpack_signs(l, u);
            unpack_scales_32(l, u);
            break;
        case SLUICE_IQ4_XS: unpack_iq4_xs(b, l, u); break;
        case SLUICE_TQ2_0: unpack_tq2_0(b, u); break;
        default: __builtin_unreachable();
    }
}

/* Formats whose codes are magnitudes under masks of signs. */
INLINE int has_signs(int32_t type) {
    return type == SLUICE_IQ2_XXS || type == SLUICE_IQ2_XS || type == SLUICE_IQ2_S || type == SLUICE_IQ3_XXS || type == SLUICE_IQ3_S ||
           type == SLUICE_IQ4_XS;
}

/* How much codes are stored above their value. */
INLINE int code_offset(int32_t type) {
    return type == SLUICE_Q6_K ? 32 : type == SLUICE_Q3_K ? 4 : type == SLUICE_TQ2_0 ? 1 : 0;
}

/* The factor that makes scales integers, as decode_iq.h has it. */
INLINE float d_factor(int32_t type) {
    return type == SLUICE_IQ2_XXS || type == SLUICE_IQ2_XS || type == SLUICE_IQ2_S ? 0.125f : type == SLUICE_IQ3_XXS ? 0.25f : 1.0f;
}

#endif
