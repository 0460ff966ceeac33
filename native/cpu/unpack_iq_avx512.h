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

/* Fields of seven bits, an eighth makes the number of ones even. */
INLINE __m512i with_parity(__m512i k) {
    k = _mm512_and_si512(k, _mm512_set1_epi8(0x7f));
    /* k | (ones << 7 & 0x80) */
    return _mm512_ternarylogic_epi32(k, _mm512_slli_epi16(_mm512_popcnt_epi8(k), 7), _mm512_set1_epi8((char)0x80), 0xf8);
}

INLINE void look_up_sevens(__m256i k, struct looked_up *l) {
    _mm256_storeu_si256((__m256i *)l->sign, _mm512_castsi512_si256(with_parity(_mm512_zextsi256_si512(k))));
}

/* The low 28 bits of 32-bit words as four bytes of signs each. */
INLINE __m512i sevens(__m512i words) {
    return with_parity(_mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x352e2720150e0700), words));
}

/* The top four bits of 32-bit words are scales s, meant as 2 s + 1. */
INLINE __m512i odd_scales(__m512i words) {
    return _mm512_or_si512(_mm512_slli_epi32(_mm512_srli_epi32(words, 28), 1), _mm512_set1_epi32(1));
}

/* Words i0..i3 of eight, spread over the words of the four quarters. */
INLINE __m512i spread_words(__m512i eight, int i0, int i1, int i2, int i3) {
    const int w0 = 0x01000100 + i0 * 0x02020202, w1 = 0x01000100 + i1 * 0x02020202, w2 = 0x01000100 + i2 * 0x02020202,
              w3 = 0x01000100 + i3 * 0x02020202;
    return _mm512_shuffle_epi8(
            eight, _mm512_set_epi32(w3, w3, w3, w3, w2, w2, w2, w2, w1, w1, w1, w1, w0, w0, w0, w0));
}

/* Eight 32-bit words of a scale over signs. */
INLINE void look_up_scales_and_signs(__m256i words, struct looked_up *l) {
    const __m512i w = _mm512_zextsi256_si512(words);
    _mm_storel_epi64((__m128i *)l->scale, _mm256_cvtepi32_epi8(_mm512_castsi512_si256(odd_scales(w))));
    _mm256_storeu_si256((__m256i *)l->sign, _mm512_castsi512_si256(sevens(w)));
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

/* Low and high bytes of a table of 256 words. */
INLINE void read_planes(const uint16_t *table, struct common256 *c) {
    UNROLL for (int i = 0; i < 4; i++) {
        __m512i a = vi_load(table + 64 * i), b = vi_load(table + 64 * i + 32);
        c->low[i] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(a)), _mm512_cvtepi16_epi8(b), 1);
        a = _mm512_srli_epi16(a, 8);
        b = _mm512_srli_epi16(b, 8);
        c->high[i] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi16_epi8(a)), _mm512_cvtepi16_epi8(b), 1);
    }
}

/* 64 entries of a table in planes; words[w] has, in quarter q, entries [16 q + 8 w, 16 q + 8 w + 8). */
INLINE void look_up_planes(const struct common256 *c, __m512i index, __m512i *words) {
    const __mmask64 upper = _mm512_movepi8_mask(index);
    __m512i low = _mm512_mask_mov_epi8(
            _mm512_permutex2var_epi8(c->low[0], index, c->low[1]), upper, _mm512_permutex2var_epi8(c->low[2], index, c->low[3]));
    __m512i high = _mm512_mask_mov_epi8(
            _mm512_permutex2var_epi8(c->high[0], index, c->high[1]), upper, _mm512_permutex2var_epi8(c->high[2], index, c->high[3]));
    words[0] = _mm512_unpacklo_epi8(low, high);
    words[1] = _mm512_unpackhi_epi8(low, high);
}

/* Scales of blocks 2 i and 2 i + 1 in wide[i], signs in the order of activations. */
INLINE void read_heads_iq3_xxs(const uint8_t *const *b, struct common256 *c) {
    const __m512i order = _mm512_set_epi64(
            0x3f3d37352f2d2725, 0x3e3c36342e2c2624, 0x3b3933312b292321, 0x3a3832302a282220,
            0x1f1d17150f0d0705, 0x1e1c16140e0c0604, 0x1b1913110b090301, 0x1a1812100a080200);
    UNROLL for (int i = 0; i < 2; i++) {
        __m512i words = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(b[2 * i] + 66)));
        words = _mm512_inserti64x4(words, _mm256_loadu_si256((const __m256i *)(b[2 * i + 1] + 66)), 1);
        c->wide[i] = odd_scales(words);
        vi_store(c->sign[2 * i], _mm512_permutexvar_epi8(order, sevens(words)));
    }
    /* Masks come from memory in one step, from parts of vectors in two or three. */
    __asm__("" : "+m"(c->sign));
}

INLINE void unpack_iq3_xxs(const uint8_t *b, const struct common256 *c, const int j, struct unpacked256 *u) {
    const __m512i shifts = _mm512_set1_epi64(0x1916131009060300);
    __m512i words[2];
    look_up_planes(c, vi_load(b + 2), words);
    UNROLL for (int v = 0; v < 4; v++) {
        const __m512i e = _mm512_multishift_epi64_epi8(_mm512_add_epi8(shifts, _mm512_set1_epi8((char)(v % 2 * 32))), words[v / 2]);
        u->code[v] = _mm512_permutexvar_epi8(e, VALUES_IQ3_XXS);
        u->negative[v] = (__mmask64)c->sign[j][v];
        const int s = 8 * (j % 2) + v / 2;
        const __m512i spread = _mm512_set_epi32(s + 6, s + 6, s + 6, s + 6, s + 4, s + 4, s + 4, s + 4, s + 2, s + 2, s + 2, s + 2, s, s, s, s);
        u->scale[v] = _mm512_permutexvar_epi32(spread, c->wide[j / 2]);
    }
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

/* d, the high two bits of eight scales, their low four bits; scales are stored 32 above their value. */
INLINE void read_heads_iq4_xs(const uint8_t *const *b, struct common256 *h) {
    const __m512i v = first_16_of(b);
    const __m512i low = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x3c3834302c282420), v);
    const __m512i high = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x1a18161412100e0c), v);
    const __m512i six = _mm512_and_si512(_mm512_ternarylogic_epi64(_mm512_set1_epi8(0x0f), low, high, 0xca), _mm512_set1_epi8(0x3f));
    const __m512i s = _mm512_sub_epi8(six, _mm512_set1_epi8(32)), zero = _mm512_setzero_si512();
    const __m512i words = _mm512_unpacklo_epi8(zero, s);
    h->wide[0] = _mm512_srai_epi32(_mm512_unpacklo_epi16(zero, words), 24);
    h->wide[1] = _mm512_srai_epi32(_mm512_unpackhi_epi16(zero, words), 24);
}

/* Codes 128 above their value. */
INLINE void unpack_iq4_xs(const uint8_t *b, const struct common256 *h, const int j, struct unpacked256 *u) {
    const __m512i values = _mm512_broadcast_i32x4(
            _mm_xor_si128(_mm_loadu_si128((const __m128i *)sluice_iq4_values), _mm_set1_epi8((char)0x80)));
    const __m512i quarter = _mm512_add_epi32(
            _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0), _mm512_set1_epi32(4 * j));
    UNROLL for (int half = 0; half < 2; half++) {
        unpack_nibbles(b + 8 + 64 * half, &u->code[2 * half], &u->code[2 * half + 1]);
        u->code[2 * half] = _mm512_shuffle_epi8(values, u->code[2 * half]);
        u->code[2 * half + 1] = _mm512_shuffle_epi8(values, u->code[2 * half + 1]);
        u->scale[2 * half] = u->scale[2 * half + 1] = _mm512_permutexvar_epi32(quarter, h->wide[half]);
    }
}

INLINE void unpack_tq2_0(const uint8_t *b, struct unpacked256 *u) {
    unpack_pairs_of_bits(b, u->code);
    UNROLL for (int v = 0; v < 4; v++) { u->scale[v] = _mm512_set1_epi16(1); }
    u->below = _mm256_set1_epi16(1);
}

/* 32 entries of a grid that is too large for registers; the table holds one word more, which is read beside the last and dropped. */
INLINE void look_up_in_memory(const uint16_t *table, __m512i index, struct looked_up *l) {
    const __m512i low = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(index)), high = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(index, 1));
    _mm256_store_si256((__m256i *)l->entry, _mm512_cvtepi32_epi16(_mm512_i32gather_epi32(low, table, 2)));
    _mm256_store_si256((__m256i *)(l->entry + 16), _mm512_cvtepi32_epi16(_mm512_i32gather_epi32(high, table, 2)));
}

/* Words of eight entries: an index above its low byte, and whether what is added to a value is negative. */
INLINE void look_up_iq1(const uint8_t *b, __m512i high, __mmask32 negative, struct looked_up *l) {
    high = _mm512_and_si512(high, _mm512_set1_epi16(0x0700));
    look_up_in_memory(
            sluice_grid_iq1_s, _mm512_or_si512(high, _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)b))), l);
    l->sign[0] = negative;
}

INLINE void look_up_iq1_s(const uint8_t *b, struct looked_up *l) {
    const __m128i h = _mm_loadu_si128((const __m128i *)(b + 34));
    /* Each word for four entries, its sign in all of them; bits 3 i to 3 i + 2 come to the high byte of word i. */
    const __m512i each = _mm512_cvtepi16_epi64(h);
    look_up_iq1(b + 2, _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x0900060003000000), each), _mm512_movepi16_mask(each), l);
    const __m128i s = _mm_and_si128(_mm_srli_epi16(h, 12), _mm_set1_epi16(7));
    _mm_storel_epi64((__m128i *)l->scale, _mm_cvtepi16_epi8(_mm_add_epi16(_mm_add_epi16(s, s), _mm_set1_epi16(1))));
}

INLINE void look_up_iq1_m(const uint8_t *b, struct looked_up *l) {
    /* Half bytes in the high bytes of words. */
    const __m512i h = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(b + 32)));
    const __m512i each = _mm512_or_si512(_mm512_slli_epi32(h, 8), _mm512_slli_epi32(h, 20));
    look_up_iq1(b, each, _mm512_test_epi16_mask(each, _mm512_set1_epi16(0x0800)), l);
    const __m128i shifts = _mm_set_epi64x(0x3936333029262320, 0x1916131009060300);
    const __m128i s = _mm_and_si128(_mm_multishift_epi64_epi8(shifts, _mm_set1_epi64x((int64_t)load_u64(b + 48))), _mm_set1_epi8(7));
    _mm_storeu_si128((__m128i *)l->scale, _mm_add_epi8(_mm_add_epi8(s, s), _mm_set1_epi8(1)));
}

/* Codes 9 above their value: 8 times -1, 0 or 1, plus or minus 1. */
INLINE void unpack_iq1(const struct looked_up *l, struct unpacked256 *u) {
    expand_grid_2(l, _mm512_set1_epi32(0x00120a02), u);
    UNROLL for (int v = 0; v < 4; v++) {
        u->code[v] = _mm512_mask_sub_epi8(
                u->code[v], _mm512_movepi8_mask(_mm512_movm_epi64((__mmask8)(l->sign[0] >> 8 * v))), u->code[v], _mm512_set1_epi8(2));
    }
}

/* First pass over a block. */
INLINE void look_up_256(int32_t type, const uint8_t *b, struct looked_up *l) {
    switch (type) {
        case SLUICE_Q3_K: look_up_q3_k(b, l); break;
        case SLUICE_IQ2_XXS: look_up_iq2_xxs(b, l); break;
        case SLUICE_IQ2_XS: look_up_iq2_xs(b, l); break;
        case SLUICE_IQ2_S: look_up_iq2_s(b, l); break;
        case SLUICE_IQ3_S: look_up_iq3_s(b, l); break;
        case SLUICE_IQ1_S: look_up_iq1_s(b, l); break;
        case SLUICE_IQ1_M: look_up_iq1_m(b, l); break;
        default: break;
    }
}

/* Formats whose scales are unpacked for four blocks at once. */
INLINE int has_heads(int32_t type) {
    return type == SLUICE_Q4_K || type == SLUICE_Q5_K || type == SLUICE_IQ4_XS || type == SLUICE_IQ3_XXS;
}

INLINE void read_heads_256(int32_t type, const uint8_t *const *b, struct common256 *h) {
    if (type == SLUICE_IQ4_XS) {
        read_heads_iq4_xs(b, h);
    } else if (type == SLUICE_IQ3_XXS) {
        read_heads_iq3_xxs(b, h);
    } else if (has_heads(type)) {
        read_heads_q4_k(b, h);
    }
}

/* Once for all blocks. */
INLINE void prepare_256(int32_t type, struct common256 *c) {
    if (type == SLUICE_IQ3_XXS) {
        read_planes(sluice_grid_iq3_xxs, c);
    }
}

/* Formats where two neighbouring vectors have the same scales, by double words. */
INLINE int has_wide_scales(int32_t type) {
    return type == SLUICE_IQ4_XS || type == SLUICE_IQ3_XXS;
}

/* Second pass over block j of four. */
INLINE void unpack_256(
        int32_t type, const uint8_t *b, const struct common256 *h, const int j, const struct looked_up *l, struct unpacked256 *u) {
    switch (type) {
        case SLUICE_Q2_K: unpack_q2_k(b, u); break;
        case SLUICE_Q3_K: unpack_q3_k(b, l, u); break;
        case SLUICE_Q4_K: unpack_q4_k(b, h, j, u); break;
        case SLUICE_Q5_K: unpack_q5_k(b, h, j, u); break;
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
        case SLUICE_IQ3_XXS: unpack_iq3_xxs(b, h, j, u); break;
        case SLUICE_IQ3_S:
            expand_grid_3(l, VALUES_IQ3_S, u);
            unpack_signs(l, u);
            unpack_scales_32(l, u);
            break;
        case SLUICE_IQ1_S:
            unpack_iq1(l, u);
            unpack_scales_32(l, u);
            u->below = _mm256_castsi128_si256(_mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)l->scale)));
            break;
        case SLUICE_IQ1_M:
            unpack_iq1(l, u);
            unpack_scales_16(l, u);
            u->below = _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)l->scale));
            break;
        case SLUICE_IQ4_XS: unpack_iq4_xs(b, h, j, u); break;
        case SLUICE_TQ2_0: unpack_tq2_0(b, u); break;
        default: __builtin_unreachable();
    }
}

/* Formats whose codes are magnitudes under masks of signs. */
INLINE int has_signs(int32_t type) {
    return type == SLUICE_IQ2_XXS || type == SLUICE_IQ2_XS || type == SLUICE_IQ2_S || type == SLUICE_IQ3_XXS || type == SLUICE_IQ3_S;
}

/* Formats whose codes are unpacked 128 above their value. */
INLINE int has_flipped_codes(int32_t type) {
    return type == SLUICE_IQ4_XS;
}

/* How much codes are stored above their value. */
INLINE int code_offset(int32_t type) {
    return type == SLUICE_Q6_K ? 32 : type == SLUICE_Q3_K ? 4 : type == SLUICE_TQ2_0 ? 1 : type == SLUICE_IQ1_S || type == SLUICE_IQ1_M ? 9 : 0;
}

/* The factor that makes scales integers, as decode_iq.h has it. */
INLINE float d_factor(int32_t type) {
    switch (type) {
        case SLUICE_IQ1_S:
        case SLUICE_IQ1_M:
        case SLUICE_IQ2_XXS:
        case SLUICE_IQ2_XS:
        case SLUICE_IQ2_S: return 0.125f;
        case SLUICE_IQ3_XXS: return 0.25f;
        default: return 1.0f;
    }
}

#endif
