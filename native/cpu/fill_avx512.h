/* Panels of the commonest formats straight from their blocks: rows become lanes first, and the bits are taken apart for 16 rows at once. */
#ifndef SLUICE_FILL_AVX512_H
#define SLUICE_FILL_AVX512_H

#include "unpack_32_avx512.h"
#include "unpack_iq_avx512.h"

/* v[e] = element e of 16 rows, for four elements of four bytes. */
INLINE void transpose4(const uint8_t *const *rows, int64_t offset, __m512i *v) {
    __m512i t[4];
    UNROLL for (int i = 0; i < 4; i++) {
        t[i] = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(rows[i] + offset)));
        t[i] = _mm512_mask_broadcast_i32x4(t[i], 0x00f0, _mm_loadu_si128((const __m128i *)(rows[4 + i] + offset)));
        t[i] = _mm512_mask_broadcast_i32x4(t[i], 0x0f00, _mm_loadu_si128((const __m128i *)(rows[8 + i] + offset)));
        t[i] = _mm512_mask_broadcast_i32x4(t[i], 0xf000, _mm_loadu_si128((const __m128i *)(rows[12 + i] + offset)));
    }
    __m512i a = _mm512_unpacklo_epi32(t[0], t[1]), b = _mm512_unpackhi_epi32(t[0], t[1]);
    __m512i c = _mm512_unpacklo_epi32(t[2], t[3]), d = _mm512_unpackhi_epi32(t[2], t[3]);
    v[0] = _mm512_unpacklo_epi64(a, c);
    v[1] = _mm512_unpackhi_epi64(a, c);
    v[2] = _mm512_unpacklo_epi64(b, d);
    v[3] = _mm512_unpackhi_epi64(b, d);
}

INLINE void fill_q8_0(const uint8_t *const *rows, int64_t group, int groups, struct panel32 *p) {
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    /* Scales lie 34 bytes apart: copied one by one, which depends on nothing, they are ready when codes have been written. */
    uint16_t d[8][16];
    for (int b = 0; b < groups; b++) {
        UNROLL for (int r = 0; r < 16; r++) { d[b][r] = load_u16(rows[r] + 34 * (group + b)); }
    }
    for (int b = 0; b < groups; b++) {
        UNROLL for (int h = 0; h < 2; h++) {
            __m512i v[4];
            transpose4(rows, 34 * (group + b) + 2 + 16 * h, v);
            UNROLL for (int e = 0; e < 4; e++) { _mm512_storeu_si512(p->code[8 * b + 4 * h + e], _mm512_xor_si512(v[e], flip)); }
        }
    }
    for (int b = 0; b < groups; b++) {
        _mm512_storeu_ps(p->d[b], _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)d[b])));
    }
}

/* The other formats with a float scale per 32 codes: row by row into staging, then transposed. */
INLINE void fill_unpacked_32(int32_t type, const uint8_t *const *rows, int64_t group, int groups, struct staging *t, struct panel32 *p) {
    const int64_t size = group_bytes(type);
    const uint8_t *codes[16];
    for (int r = 0; r < 16; r++) {
        const uint8_t *b = rows[r] + size * group;
        codes[r] = (const uint8_t *)t->code[r];
        int g = 0;
        for (; g + 2 <= groups; g += 2) {
            vi_store(t->code[r] + 32 * g, two_groups(type, b + size * g, 1));
        }
        if (g < groups) {
            vi_store(t->code[r] + 32 * g, two_groups(type, b + size * g, 0));
        }
        for (g = 0; g < groups; g++) {
            const uint8_t *at = b + size * g;
            if (type == SLUICE_NVFP4) {
                const uint8_t *scales = rows[r] + 36 * ((group + g) / 2) + 2 * ((group + g) & 1);
                p->d[2 * g][r] = half_of_ue4m3(scales[0]);
                p->d[2 * g + 1][r] = half_of_ue4m3(scales[1]);
            } else {
                p->d[g][r] = type == SLUICE_MXFP4 ? half_of_e8m0(*at) : float_of_f16(load_u16(at));
            }
            if (sluice_format_of(type).minima) {
                p->m[g][r] = float_of_f16(load_u16(at + 2));
            }
        }
    }
    transpose16(codes, 0, 8 * groups, 0, p->code[0]);
}

/* d, dmin, scales and minima of Q4_K and Q5_K, which begin their blocks. */
INLINE void fill_scales_q4_k(const uint8_t *const *rows, int64_t at, struct panel256 *p) {
    __m512i v[4];
    transpose4(rows, at, v);
    _mm512_storeu_ps(p->d, _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v[0])));
    _mm512_storeu_ps(p->minus_dmin, _mm512_sub_ps(_mm512_set1_ps(-0.0f), _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(v[0], 16)))));
    const __m512i six = _mm512_set1_epi8(0x3f), four = _mm512_set1_epi8(0x0f), two = _mm512_set1_epi8(0x30), byte = _mm512_set1_epi32(255);
    __m512i s[2], m[2];
    s[0] = _mm512_and_si512(v[1], six);
    m[0] = _mm512_and_si512(v[2], six);
    /* low nibble | (top two bits of the first words) >> 2 */
    s[1] = _mm512_or_si512(_mm512_and_si512(v[3], four), _mm512_and_si512(_mm512_srli_epi32(v[1], 2), two));
    m[1] = _mm512_or_si512(
            _mm512_and_si512(_mm512_srli_epi32(v[3], 4), four), _mm512_and_si512(_mm512_srli_epi32(v[2], 2), two));
    UNROLL for (int h = 0; h < 2; h++) {
        UNROLL for (int i = 0; i < 4; i++) {
            _mm512_storeu_si512(p->scale[4 * h + i], _mm512_and_si512(_mm512_srli_epi32(s[h], (unsigned)(8 * i)), byte));
        }
        /* Bytes 0, 1 and bytes 2, 3 as words. */
        const __m512i low = _mm512_set4_epi32((int)0x800d800c, (int)0x80098008, (int)0x80058004, (int)0x80018000);
        const __m512i high = _mm512_set4_epi32((int)0x800f800e, (int)0x800b800a, (int)0x80078006, (int)0x80038002);
        _mm512_storeu_si512(p->minimum[2 * h], _mm512_shuffle_epi8(m[h], low));
        _mm512_storeu_si512(p->minimum[2 * h + 1], _mm512_shuffle_epi8(m[h], high));
    }
}

INLINE void fill_q4_k(const uint8_t *const *rows, int64_t block, struct panel256 *p) {
    const int64_t at = 144 * block;
    const __m512i four = _mm512_set1_epi8(0x0f), flip = _mm512_set1_epi8((char)0x80);
    fill_scales_q4_k(rows, at, p);
    for (int j = 0; j < 4; j++) {
        UNROLL for (int h = 0; h < 2; h++) {
            __m512i v[4];
            transpose4(rows, at + 16 + 32 * j + 16 * h, v);
            UNROLL for (int e = 0; e < 4; e++) {
                /* (v & 15) | 128 */
                _mm512_storeu_si512(p->code[16 * j + 4 * h + e], _mm512_ternarylogic_epi32(v[e], four, flip, 0xea));
                _mm512_storeu_si512(
                        p->code[16 * j + 8 + 4 * h + e], _mm512_ternarylogic_epi32(_mm512_srli_epi16(v[e], 4), four, flip, 0xea));
            }
        }
    }
}

/* Brings bit `from` of every byte to bit `to`; other bits become anything. */
INLINE __m512i move_bit(__m512i v, const int from, const int to) {
    return from < to ? _mm512_slli_epi32(v, (unsigned)(to - from)) : _mm512_srli_epi32(v, (unsigned)(from - to));
}

INLINE void fill_q5_k(const uint8_t *const *rows, int64_t block, struct panel256 *p) {
    const int64_t at = 176 * block;
    const __m512i four = _mm512_set1_epi8(0x0f), flip = _mm512_set1_epi8((char)0x80), fifth = _mm512_set1_epi8(0x10);
    fill_scales_q4_k(rows, at, p);
    UNROLL for (int h = 0; h < 2; h++) {
        __m512i bits[4];
        transpose4(rows, at + 16 + 16 * h, bits);
        UNROLL for (int j = 0; j < 4; j++) {
            __m512i v[4];
            transpose4(rows, at + 48 + 32 * j + 16 * h, v);
            UNROLL for (int e = 0; e < 4; e++) {
                /* Bits 2 j and 2 j + 1 to bit 4. */
                __m512i low = _mm512_and_si512(move_bit(bits[e], 2 * j, 4), fifth);
                __m512i high = _mm512_and_si512(move_bit(bits[e], 2 * j + 1, 4), fifth);
                low = _mm512_or_si512(low, flip);
                high = _mm512_or_si512(high, flip);
                _mm512_storeu_si512(p->code[16 * j + 4 * h + e], _mm512_ternarylogic_epi32(v[e], four, low, 0xea));
                _mm512_storeu_si512(
                        p->code[16 * j + 8 + 4 * h + e], _mm512_ternarylogic_epi32(_mm512_srli_epi16(v[e], 4), four, high, 0xea));
            }
        }
    }
}

/* Row r of a panel, block j of the four that `common` is read from: into staging, signs and offsets applied. */
INLINE void fill_unpacked_row(
        int32_t type, const uint8_t *b, const struct common256 *common, const int j, int r, struct staging *t, struct panel256 *p) {
    const struct sluice_format f = sluice_format_of(type);
    const enum order256 order = order_of_type(type);
    const int d_offset = type == SLUICE_Q2_K ? 80 : type == SLUICE_Q3_K ? 108 : type == SLUICE_Q6_K ? 208 : type == SLUICE_TQ2_0 ? 64 : 0;
    int8_t *row = t->code[r];
    struct looked_up found;
    struct unpacked256 u;
    look_up_256(type, b, &found);
    unpack_256(type, b, common, j, &found, &u);
    UNROLL for (int v = 0; v < 4; v++) {
        __m512i c = u.code[v];
        if (has_signs(type)) {
            c = _mm512_mask_sub_epi8(c, u.negative[v], _mm512_setzero_si512(), c);
        } else if (has_flipped_codes(type)) {
            c = _mm512_xor_si512(c, _mm512_set1_epi8((char)0x80));
        } else if (code_offset(type)) {
            c = _mm512_sub_epi8(c, _mm512_set1_epi8((char)code_offset(type)));
        }
        int8_t eighths[64];
        int32_t scales[16];
        vi_store(eighths, c);
        vi_store(scales, u.scale[v]);
        UNROLL for (int e = 0; e < 8; e++) {
            const int column = column_of(order, v, e);
            memcpy(row + column, eighths + 8 * e, 8);
            if (column % f.sub == 0) {
                /* A scale fills the words of its quarter. */
                p->scale[column / f.sub][r] = (int16_t)scales[2 * e];
            }
        }
    }
    p->d[r] = float_of_f16(type == SLUICE_IQ1_M ? d_of_iq1_m(b) : load_u16(b + d_offset)) * d_factor(type);
    if (f.minima) {
        p->minus_dmin[r] = -float_of_f16(load_u16(b + d_offset + 2));
        int16_t m[16];
        _mm256_storeu_si256((__m256i *)m, u.below);
        UNROLL for (int i = 0; i < 8; i++) { memcpy(p->minimum[i][r], m + 2 * i, 4); }
    }
}

/* Any format that unpack_256 knows: row by row into staging, then transposed. */
INLINE void fill_unpacked(int32_t type, const uint8_t *const *rows, int64_t block, struct staging *t, struct panel256 *p) {
    struct common256 common;
    prepare_256(type, &common);
    const uint8_t *codes[16];
    for (int r = 0; r < 16; r += 4) {
        const uint8_t *b[4];
        UNROLL for (int j = 0; j < 4; j++) {
            b[j] = rows[r + j] + block * sluice_format_of(type).bytes;
            codes[r + j] = (const uint8_t *)t->code[r + j];
        }
        read_heads_256(type, b, &common);
        UNROLL for (int j = 0; j < 4; j++) { fill_unpacked_row(type, b[j], &common, j, r + j, t, p); }
    }
    transpose16(codes, 0, 64, CODE_FLIP * 0x01010101u, p->code[0]);
}

static void fill_panel32_quickly(int32_t type, const uint8_t *const *rows, int64_t group, int groups, struct staging *t, struct panel32 *p) {
    switch (type) {
        case SLUICE_Q4_0: fill_unpacked_32(SLUICE_Q4_0, rows, group, groups, t, p); break;
        case SLUICE_Q4_1: fill_unpacked_32(SLUICE_Q4_1, rows, group, groups, t, p); break;
        case SLUICE_Q5_0: fill_unpacked_32(SLUICE_Q5_0, rows, group, groups, t, p); break;
        case SLUICE_Q5_1: fill_unpacked_32(SLUICE_Q5_1, rows, group, groups, t, p); break;
        case SLUICE_Q8_0: fill_q8_0(rows, group, groups, p); break;
        case SLUICE_IQ4_NL: fill_unpacked_32(SLUICE_IQ4_NL, rows, group, groups, t, p); break;
        case SLUICE_MXFP4: fill_unpacked_32(SLUICE_MXFP4, rows, group, groups, t, p); break;
        case SLUICE_NVFP4: fill_unpacked_32(SLUICE_NVFP4, rows, group, groups, t, p); break;
        default: __builtin_unreachable();
    }
}

/* Returns 0 for formats that have no quick way. */
static int fill_panel256_quickly(int32_t type, const uint8_t *const *rows, int64_t block, struct staging *t, struct panel256 *p) {
    switch (type) {
        case SLUICE_Q4_K: fill_q4_k(rows, block, p); break;
        case SLUICE_Q5_K: fill_q5_k(rows, block, p); break;
        case SLUICE_Q2_K: fill_unpacked(SLUICE_Q2_K, rows, block, t, p); break;
        case SLUICE_Q3_K: fill_unpacked(SLUICE_Q3_K, rows, block, t, p); break;
        case SLUICE_Q6_K: fill_unpacked(SLUICE_Q6_K, rows, block, t, p); break;
        case SLUICE_IQ1_S: fill_unpacked(SLUICE_IQ1_S, rows, block, t, p); break;
        case SLUICE_IQ1_M: fill_unpacked(SLUICE_IQ1_M, rows, block, t, p); break;
        case SLUICE_IQ2_XXS: fill_unpacked(SLUICE_IQ2_XXS, rows, block, t, p); break;
        case SLUICE_IQ2_XS: fill_unpacked(SLUICE_IQ2_XS, rows, block, t, p); break;
        case SLUICE_IQ2_S: fill_unpacked(SLUICE_IQ2_S, rows, block, t, p); break;
        case SLUICE_IQ3_XXS: fill_unpacked(SLUICE_IQ3_XXS, rows, block, t, p); break;
        case SLUICE_IQ3_S: fill_unpacked(SLUICE_IQ3_S, rows, block, t, p); break;
        case SLUICE_IQ4_XS: fill_unpacked(SLUICE_IQ4_XS, rows, block, t, p); break;
        case SLUICE_TQ2_0: fill_unpacked(SLUICE_TQ2_0, rows, block, t, p); break;
        default: return 0;
    }
    return 1;
}

#endif
