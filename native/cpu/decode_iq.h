/*
 * IQ formats, blocks of 256, brought to value = d * scale * code with integer scales: a factor such as (0.5 + s) / 4 becomes
 * (1 + 2 s) with d / 8, which is exact, and the IQ1 offset of an eighth becomes codes 8 g + 1 or 8 g - 1 with d / 8.
 */
#ifndef SLUICE_DECODE_IQ_H
#define SLUICE_DECODE_IQ_H

#include "decode_32.h"
#include "decode_k.h"
#include "grids.h"

/* Eight codes, none of them 0, those negative whose sign bits are set. */
INLINE void store_signed(uint64_t codes, uint8_t signs, int8_t *code) {
    const uint64_t negative = sluice_bytes_of_bits[signs];
    codes = (codes ^ negative * 255) + negative;
    memcpy(code, &codes, 8);
}

/* Seven sign bits and an eighth that makes the number of ones even. */
INLINE uint8_t sign7(uint32_t k) {
    k &= 127;
    return (uint8_t)(k | (uint32_t)__builtin_parity(k) << 7);
}

INLINE void decode_iq2_xxs(const uint8_t *b, struct block256 *o) {
    for (int j = 0; j < 8; j++) {
        const uint8_t *p = b + 2 + 8 * j;
        uint32_t u = load_u32(p + 4);
        for (int l = 0; l < 4; l++) {
            store_signed(sluice_codes_iq2_xxs[p[l]], sign7(u >> 7 * l), o->code + 32 * j + 8 * l);
        }
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)(2 * (u >> 28) + 1);
    }
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void scales_iq2(const uint8_t *scales, struct block256 *o) {
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(2 * (scales[k / 2] >> 4 * (k & 1) & 15) + 1);
    }
}

INLINE void decode_iq2_xs(const uint8_t *b, struct block256 *o) {
    for (int g = 0; g < 32; g++) {
        uint16_t q = load_u16(b + 2 + 2 * g);
        store_signed(sluice_codes_iq2_xs[q & 511], sign7(q >> 9), o->code + 8 * g);
    }
    scales_iq2(b + 66, o);
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq2_s(const uint8_t *b, struct block256 *o) {
    for (int g = 0; g < 32; g++) {
        int index = b[2 + g] | (b[66 + g / 4] >> 2 * (g % 4) & 3) << 8;
        store_signed(sluice_codes_iq2_s[index], b[34 + g], o->code + 8 * g);
    }
    scales_iq2(b + 74, o);
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq3_xxs(const uint8_t *b, struct block256 *o) {
    for (int j = 0; j < 8; j++) {
        uint32_t u = load_u32(b + 66 + 4 * j);
        for (int l = 0; l < 4; l++) {
            const uint8_t *q = b + 2 + 8 * j + 2 * l;
            const uint64_t codes = sluice_codes_iq3_xxs[q[0]] | (uint64_t)sluice_codes_iq3_xxs[q[1]] << 32;
            store_signed(codes, sign7(u >> 7 * l), o->code + 32 * j + 8 * l);
        }
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)(2 * (u >> 28) + 1);
    }
    o->d = float_of_f16(load_u16(b)) * 0.25f;
    o->dmin = 0;
}

INLINE void decode_iq3_s(const uint8_t *b, struct block256 *o) {
    for (int g = 0; g < 32; g++) {
        const int high = b[66 + g / 4] >> 2 * (g % 4);
        const uint64_t first = sluice_codes_iq3_s[b[2 + 2 * g] | (high & 1) << 8];
        const uint64_t second = sluice_codes_iq3_s[b[3 + 2 * g] | (high >> 1 & 1) << 8];
        store_signed(first | second << 32, b[74 + g], o->code + 8 * g);
    }
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(2 * (b[106 + k / 4] >> 4 * (k / 2 & 1) & 15) + 1);
    }
    o->d = float_of_f16(load_u16(b));
    o->dmin = 0;
}

/* Eight ternary codes of IQ1, times 8, plus one, or minus one where `minus` is 1. */
INLINE void codes_iq1(int index, int minus, int8_t *code) {
    /* The table holds them 9 above the former; by bytes, which the top bit keeps apart. */
    const uint64_t less = (uint64_t)(9 + 2 * minus) * EACH_BYTE;
    const uint64_t codes = ((sluice_codes_iq1_s[index] | 0x80 * EACH_BYTE) - less) ^ 0x80 * EACH_BYTE;
    memcpy(code, &codes, 8);
}

INLINE void decode_iq1_s(const uint8_t *b, struct block256 *o) {
    for (int j = 0; j < 8; j++) {
        uint16_t h = load_u16(b + 34 + 2 * j);
        for (int l = 0; l < 4; l++) {
            int index = b[2 + 4 * j + l] | (h >> 3 * l & 7) << 8;
            codes_iq1(index, h >> 15, o->code + 32 * j + 8 * l);
        }
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)(2 * (h >> 12 & 7) + 1);
    }
    o->d = float_of_f16(load_u16(b)) * 0.125f;
    o->dmin = 0;
}

/* d of IQ1_M, one half byte in each of four words. */
INLINE uint16_t d_of_iq1_m(const uint8_t *b) {
    const uint64_t words = load_u64(b + 48);
    return (uint16_t)((words >> 12 & 15) | (words >> 28 & 15) << 4 | (words >> 44 & 15) << 8 | words >> 60 << 12);
}

INLINE void decode_iq1_m(const uint8_t *b, struct block256 *o) {
    const uint8_t *sc = b + 48;
    for (int g = 0; g < 32; g++) {
        int n = b[32 + g / 2] >> 4 * (g & 1) & 15;
        codes_iq1(b[g] | (n & 7) << 8, n >> 3, o->code + 8 * g);
    }
    for (int k = 0; k < 16; k++) {
        o->scale[k] = (int16_t)(2 * (load_u16(sc + 2 * (k / 4)) >> 3 * (k % 4) & 7) + 1);
    }
    o->d = float_of_f16(d_of_iq1_m(b)) * 0.125f;
    o->dmin = 0;
}

INLINE void decode_iq4_xs(const uint8_t *b, struct block256 *o) {
    uint16_t high = load_u16(b + 2);
    for (int j = 0; j < 8; j++) {
        int s = ((b[4 + j / 2] >> 4 * (j & 1) & 15) | (high >> 2 * j & 3) << 4) - 32;
        o->scale[2 * j] = o->scale[2 * j + 1] = (int16_t)s;
        decode_table(b + 8 + 16 * j, sluice_iq4_values, 16, o->code + 32 * j);
    }
    o->d = float_of_f16(load_u16(b));
    o->dmin = 0;
}

/* One block of any format of 256. */
INLINE void decode_256(int32_t type, const uint8_t *b, struct block256 *o) {
    switch (type) {
        case SLUICE_Q2_K: decode_q2_k(b, o); break;
        case SLUICE_Q3_K: decode_q3_k(b, o); break;
        case SLUICE_Q4_K: decode_q4_k(b, o); break;
        case SLUICE_Q5_K: decode_q5_k(b, o); break;
        case SLUICE_Q6_K: decode_q6_k(b, o); break;
        case SLUICE_IQ2_XXS: decode_iq2_xxs(b, o); break;
        case SLUICE_IQ2_XS: decode_iq2_xs(b, o); break;
        case SLUICE_IQ2_S: decode_iq2_s(b, o); break;
        case SLUICE_IQ3_XXS: decode_iq3_xxs(b, o); break;
        case SLUICE_IQ3_S: decode_iq3_s(b, o); break;
        case SLUICE_IQ1_S: decode_iq1_s(b, o); break;
        case SLUICE_IQ1_M: decode_iq1_m(b, o); break;
        case SLUICE_IQ4_XS: decode_iq4_xs(b, o); break;
        case SLUICE_TQ1_0: decode_tq1_0(b, o); break;
        case SLUICE_TQ2_0: decode_tq2_0(b, o); break;
        default: __builtin_unreachable();
    }
}

#endif
