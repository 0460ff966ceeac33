/*
 * Blocks of 256 for products where they lie: four vectors of unsigned codes, the 16-bit scales of their pairs, and the order in which
 * activations meet them.
 */
#ifndef SLUICE_UNPACK_K_AVX512_H
#define SLUICE_UNPACK_K_AVX512_H

#include "decode_iq.h"

struct unpacked256 {
    __m512i code[4];  /* 64 unsigned codes each, at most 63 */
    __m512i scale[4]; /* a word for each pair of codes */
    __mmask64 negative[4]; /* codes with a minus, in formats that have signs */
    __m256i below;    /* words that meet the sums of activations: minima, or scales where codes are stored with an offset */
};

/*
 * What a first pass over 16 rows leaves for the second. Two passes of short dependent chains keep the processor busier than one of long
 * chains: its schedulers hold a few hundred operations.
 */
struct looked_up {
    uint16_t entry[64]; /* of grids, packed */
    uint64_t sign[4];   /* a bit per column */
    uint8_t scale[16];  /* per 32 or 16 columns */
} __attribute__((aligned(64)));

/* Lane i = four bytes of row i. */
INLINE __m512i words_of_rows(const uint8_t *const *rows, int64_t at) {
    __m512i v = _mm512_setzero_si512();
    UNROLL for (int i = 0; i < 16; i++) { v = _mm512_mask_set1_epi32(v, (__mmask16)(1 << i), (int)load_u32(rows[i] + at)); }
    return v;
}

/* Order of activations: which four runs of 16 columns make up vector i. */
enum order256 {
    ORDER_PLAIN,  /* 64 i .. */
    ORDER_NIBBLE, /* 32 from each of two neighbouring stretches of 64: Q4_K */
    ORDER_HALVES, /* 32 from each half of the block: Q2_K */
    ORDER_SIXTEENS, /* every other 16: IQ4_XS */
    ORDER_EIGHTS /* two of eight from each stretch of 64: IQ3_XXS */
};

INLINE enum order256 order_of_type(int32_t type) {
    switch (type) {
        case SLUICE_Q4_K:
        case SLUICE_Q5_K: return ORDER_NIBBLE;
        case SLUICE_Q2_K:
        case SLUICE_Q3_K:
        case SLUICE_TQ2_0: return ORDER_HALVES;
        case SLUICE_IQ4_XS: return ORDER_SIXTEENS;
        case SLUICE_IQ3_XXS: return ORDER_EIGHTS;
        default: return ORDER_PLAIN;
    }
}

INLINE void order_activations(enum order256 order, const uint8_t *x, __m512i *v) {
    __m512i a = vi_load(x), b = vi_load(x + 64), c = vi_load(x + 128), d = vi_load(x + 192);
    switch (order) {
        case ORDER_NIBBLE:
            v[0] = _mm512_shuffle_i64x2(a, b, 0x44);
            v[1] = _mm512_shuffle_i64x2(a, b, 0xee);
            v[2] = _mm512_shuffle_i64x2(c, d, 0x44);
            v[3] = _mm512_shuffle_i64x2(c, d, 0xee);
            break;
        case ORDER_HALVES:
            v[0] = _mm512_shuffle_i64x2(a, c, 0x44);
            v[1] = _mm512_shuffle_i64x2(a, c, 0xee);
            v[2] = _mm512_shuffle_i64x2(b, d, 0x44);
            v[3] = _mm512_shuffle_i64x2(b, d, 0xee);
            break;
        case ORDER_SIXTEENS:
            v[0] = _mm512_shuffle_i64x2(a, b, 0x88);
            v[1] = _mm512_shuffle_i64x2(a, b, 0xdd);
            v[2] = _mm512_shuffle_i64x2(c, d, 0x88);
            v[3] = _mm512_shuffle_i64x2(c, d, 0xdd);
            break;
        case ORDER_EIGHTS:
            UNROLL for (int i = 0; i < 4; i++) {
                const int at = i / 2 * 4 + i % 2;
                const __m512i pick = _mm512_set_epi64(0, 0, 0, 0, at + 10, at + 8, at + 2, at);
                v[i] = _mm512_inserti64x4(
                        _mm512_permutex2var_epi64(a, pick, b),
                        _mm512_castsi512_si256(_mm512_permutex2var_epi64(c, pick, d)), 1);
            }
            break;
        default:
            v[0] = a;
            v[1] = b;
            v[2] = c;
            v[3] = d;
            break;
    }
}

/* Column where eighth e of vector i begins. */
INLINE int column_of(enum order256 order, int i, int e) {
    const int q = e / 2, half = e % 2 * 8;
    switch (order) {
        case ORDER_NIBBLE: return 128 * (i / 2) + 64 * (q / 2) + 32 * (i % 2) + 16 * (q % 2) + half;
        case ORDER_HALVES: return 128 * (q / 2) + 32 * i + 16 * (q % 2) + half;
        case ORDER_SIXTEENS: return 128 * (i / 2) + 32 * q + 16 * (i % 2) + half;
        case ORDER_EIGHTS: return 64 * q + 32 * (i / 2) + 2 * half + 8 * (i % 2);
        default: return 64 * i + 8 * e;
    }
}

/* Control that spreads bytes i0..i3 of a vector over the words of its four quarters. */
INLINE __m512i spread(int i0, int i1, int i2, int i3) {
    return _mm512_set_epi32(
            (int)0x80008000 | i3 * 0x10001, (int)0x80008000 | i3 * 0x10001, (int)0x80008000 | i3 * 0x10001,
            (int)0x80008000 | i3 * 0x10001, (int)0x80008000 | i2 * 0x10001, (int)0x80008000 | i2 * 0x10001,
            (int)0x80008000 | i2 * 0x10001, (int)0x80008000 | i2 * 0x10001, (int)0x80008000 | i1 * 0x10001,
            (int)0x80008000 | i1 * 0x10001, (int)0x80008000 | i1 * 0x10001, (int)0x80008000 | i1 * 0x10001,
            (int)0x80008000 | i0 * 0x10001, (int)0x80008000 | i0 * 0x10001, (int)0x80008000 | i0 * 0x10001,
            (int)0x80008000 | i0 * 0x10001);
}

/* What is read once for several blocks. */
struct common256 {
    /* What precedes the codes of four blocks: scales by bytes, minima by words, scales by double words. */
    __m128i scales[4];
    __m512i minima, wide[2];
    uint64_t sign[4][4];     /* a bit for each code of a vector */
    __m512i low[4], high[4]; /* bytes of a grid's 256 entries */
};

INLINE __m512i first_16_of(const uint8_t *const *b) {
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)b[0]));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)b[1]), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)b[2]), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)b[3]), 3);
}

INLINE __m512i every_quarter(int64_t low, int64_t high) {
    return _mm512_set_epi64(high, low, high, low, high, low, high, low);
}

/* Q4_K and Q5_K: d, dmin, then 6-bit scales and minima: a0..a3 b0..b3 c0..c3, where c has the low four bits of the other four of each. */
INLINE void read_heads_q4_k(const uint8_t *const *b, struct common256 *h) {
    const __m512i v = first_16_of(b);
    const __m512i low = _mm512_multishift_epi64_epi8(
            every_quarter(0x3830282018100800, 0x3c342c2418100800),
            _mm512_shuffle_epi8(v, every_quarter(0x0f0e0d0c07060504, 0x0f0e0d0c0b0a0908)));
    /* The high two bits stand at the top of a and b; bytes between them are zero. */
    const __m512i high = _mm512_multishift_epi64_epi8(
            _mm512_set1_epi64(0x3222120208080808), _mm512_shuffle_epi8(v, every_quarter((int64_t)0x8007800680058004, (int64_t)0x800b800a80098008)));
    const __m512i both = _mm512_ternarylogic_epi64(_mm512_set1_epi64(0x0f0f0f0f3f3f3f3f), low, high, 0xca);
    vi_store(h->scales, both);
    /* Each comes back from memory broadcast, which takes no shuffle. */
    __asm__("" : "+m"(h->scales));
    h->minima = _mm512_unpackhi_epi8(both, _mm512_setzero_si512());
}

INLINE void unpack_scales_q4_k(const struct common256 *h, const int j, struct unpacked256 *u) {
    const __m512i s = _mm512_broadcast_i32x4(h->scales[j]);
    u->scale[0] = _mm512_shuffle_epi8(s, spread(0, 0, 2, 2));
    u->scale[1] = _mm512_shuffle_epi8(s, spread(1, 1, 3, 3));
    u->scale[2] = _mm512_shuffle_epi8(s, spread(4, 4, 6, 6));
    u->scale[3] = _mm512_shuffle_epi8(s, spread(5, 5, 7, 7));
}

INLINE void unpack_nibbles(const uint8_t *q, __m512i *low, __m512i *high) {
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512i v = vi_load(q);
    *low = _mm512_and_si512(v, nibble);
    *high = _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble);
}

INLINE void unpack_q4_k(const uint8_t *b, const struct common256 *h, const int j, struct unpacked256 *u) {
    unpack_scales_q4_k(h, j, u);
    unpack_nibbles(b + 16, &u->code[0], &u->code[1]);
    unpack_nibbles(b + 80, &u->code[2], &u->code[3]);
}

/* 16 copies of one word, then 16 of another. */
INLINE __m512i halves_of_words(int low, int high) {
    return _mm512_inserti64x4(_mm512_set1_epi16((int16_t)low), _mm256_set1_epi16((int16_t)high), 1);
}

INLINE void unpack_q5_k(const uint8_t *b, const struct common256 *h, const int j, struct unpacked256 *u) {
    unpack_scales_q4_k(h, j, u);
    unpack_nibbles(b + 48, &u->code[0], &u->code[1]);
    unpack_nibbles(b + 112, &u->code[2], &u->code[3]);
    /* Bits 0 and 2, 1 and 3, 4 and 6, 5 and 7 of the high bits become the fifth of the four vectors' halves. */
    const __m512i fifth = _mm512_set1_epi8(16);
    __m512i fifths = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(b + 16)));
    fifths = _mm512_srlv_epi16(fifths, halves_of_words(0, 2));
    u->code[0] = _mm512_ternarylogic_epi32(u->code[0], _mm512_slli_epi16(fifths, 4), fifth, 0xf8);
    u->code[1] = _mm512_ternarylogic_epi32(u->code[1], _mm512_slli_epi16(fifths, 3), fifth, 0xf8);
    u->code[2] = _mm512_ternarylogic_epi32(u->code[2], fifths, fifth, 0xf8);
    u->code[3] = _mm512_ternarylogic_epi32(u->code[3], _mm512_srli_epi16(fifths, 1), fifth, 0xf8);
}

/* Word w of a 16-word vector spread over quarter q of vector i, for w = 4 i + q. */
INLINE __m512i quarter_words(int i) {
    return _mm512_set_epi32(
            (4 * i + 3) * 0x10001, (4 * i + 3) * 0x10001, (4 * i + 3) * 0x10001, (4 * i + 3) * 0x10001, (4 * i + 2) * 0x10001,
            (4 * i + 2) * 0x10001, (4 * i + 2) * 0x10001, (4 * i + 2) * 0x10001, (4 * i + 1) * 0x10001, (4 * i + 1) * 0x10001,
            (4 * i + 1) * 0x10001, (4 * i + 1) * 0x10001, 4 * i * 0x10001, 4 * i * 0x10001, 4 * i * 0x10001, 4 * i * 0x10001);
}

INLINE void unpack_q6_k(const uint8_t *b, struct unpacked256 *u) {
    const __m512i two = _mm512_set1_epi8(0x30);
    u->below = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + 192)));
    UNROLL for (int n = 0; n < 2; n++) {
        __m512i low, high, h = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(b + 128 + 32 * n)));
        unpack_nibbles(b + 64 * n, &low, &high);
        /* low | (h << 4 or 2 & 0x30), high | (h >> 0 or 2 & 0x30) */
        __m512i left = _mm512_sllv_epi16(h, halves_of_words(4, 2));
        __m512i right = _mm512_srlv_epi16(h, halves_of_words(0, 2));
        u->code[2 * n] = _mm512_ternarylogic_epi32(low, left, two, 0xf8);
        u->code[2 * n + 1] = _mm512_ternarylogic_epi32(high, right, two, 0xf8);
    }
    UNROLL for (int i = 0; i < 4; i++) { u->scale[i] = _mm512_permutexvar_epi16(quarter_words(i), _mm512_castsi256_si512(u->below)); }
}

INLINE void unpack_pairs_of_bits(const uint8_t *q, __m512i *code) {
    const __m512i two = _mm512_set1_epi8(3);
    __m512i v = vi_load(q);
    code[0] = _mm512_and_si512(v, two);
    code[1] = _mm512_and_si512(_mm512_srli_epi16(v, 2), two);
    code[2] = _mm512_and_si512(_mm512_srli_epi16(v, 4), two);
    code[3] = _mm512_and_si512(_mm512_srli_epi16(v, 6), two);
}

INLINE void unpack_q2_k(const uint8_t *b, struct unpacked256 *u) {
    const __m128i sc = _mm_loadu_si128((const __m128i *)b), nibble = _mm_set1_epi8(15);
    __m512i s = _mm512_broadcast_i32x4(_mm_and_si128(sc, nibble));
    unpack_pairs_of_bits(b + 16, u->code);
    UNROLL for (int t = 0; t < 4; t++) { u->scale[t] = _mm512_shuffle_epi8(s, spread(2 * t, 2 * t + 1, 8 + 2 * t, 9 + 2 * t)); }
    u->below = _mm256_cvtepu8_epi16(_mm_and_si128(_mm_srli_epi16(sc, 4), nibble));
}

INLINE void look_up_q3_k(const uint8_t *b, struct looked_up *l) {
    uint64_t low = load_u64(b + 96);
    uint32_t high = load_u32(b + 104);
    const uint32_t m = 0x03030303;
    uint64_t s0 = (low & 0x0f0f0f0f0f0f0f0full) | ((high & m) | (uint64_t)(high >> 2 & m) << 32) << 4;
    uint64_t s1 = (low >> 4 & 0x0f0f0f0f0f0f0f0full) | ((high >> 4 & m) | (uint64_t)(high >> 6 & m) << 32) << 4;
    memcpy(l->scale, &s0, 8);
    memcpy(l->scale + 8, &s1, 8);
}

INLINE void unpack_q3_k(const uint8_t *b, const struct looked_up *l, struct unpacked256 *u) {
    __m128i s = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)l->scale), _mm_loadl_epi64((const __m128i *)(l->scale + 8)));
    u->below = _mm256_cvtepi8_epi16(_mm_sub_epi8(s, _mm_set1_epi8(32)));
    unpack_pairs_of_bits(b + 32, u->code);
    /* Bits t and 4 + t become the third of the halves of vector t. */
    const __m512i four = _mm512_set1_epi8(4);
    __m512i h = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)b));
    h = _mm512_srlv_epi16(h, halves_of_words(0, 4));
    u->code[0] = _mm512_ternarylogic_epi32(u->code[0], _mm512_slli_epi16(h, 2), four, 0xf8);
    u->code[1] = _mm512_ternarylogic_epi32(u->code[1], _mm512_slli_epi16(h, 1), four, 0xf8);
    u->code[2] = _mm512_ternarylogic_epi32(u->code[2], h, four, 0xf8);
    u->code[3] = _mm512_ternarylogic_epi32(u->code[3], _mm512_srli_epi16(h, 1), four, 0xf8);
    UNROLL for (int t = 0; t < 4; t++) {
        const int i = 2 * t;
        u->scale[t] = _mm512_permutexvar_epi16(
                _mm512_set_epi32(
                        (i + 9) * 0x10001, (i + 9) * 0x10001, (i + 9) * 0x10001, (i + 9) * 0x10001, (i + 8) * 0x10001,
                        (i + 8) * 0x10001, (i + 8) * 0x10001, (i + 8) * 0x10001, (i + 1) * 0x10001, (i + 1) * 0x10001,
                        (i + 1) * 0x10001, (i + 1) * 0x10001, i * 0x10001, i * 0x10001, i * 0x10001, i * 0x10001),
                _mm512_castsi256_si512(u->below));
    }
}

#endif
